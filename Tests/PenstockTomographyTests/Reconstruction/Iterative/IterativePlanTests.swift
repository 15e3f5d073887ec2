import Testing

@testable import PenstockTomography

/// Sizes are small because debug builds are slow. Limits lie above what a right geometry gives at that size, and far below what half a column
/// or a turn the other way round would give, which is tested too; a wrong scale shows in the disk.
@Suite struct IterativePlanTests {
    /// Methods with iterations enough for a small image.
    private static let methods: [ReconstructionMethod] = [
        .sirt(iterations: 40), .sirt(iterations: 40, nonNegative: true), .mlem(iterations: 20),
        .osem(iterations: 2, subsets: 10), .totalVariation(iterations: 40),
    ]
    private static let size = 48

    private func sheppLogan(_ angles: [Double], centre: Double = 24.3) -> PairScan {
        PairScan(
            .sheppLogan(radiusPixels: 24), columns: Self.size, anglesRadians: angles, centre: centre)
    }

    private func score(_ image: [Float], _ phantom: SlicePhantom) -> Score {
        Score(image, phantom.image(size: Self.size), size: Self.size, disk: 0.95)
    }

    @Test(
        "a Shepp-Logan slice comes out right, and worse around a wrong centre or turned the wrong way",
        arguments: methods)
    func sheppLogan(method: ReconstructionMethod) throws {
        let scan = sheppLogan(.halfTurn(60))
        let phantom = SlicePhantom.sheppLogan(radiusPixels: 24)
        let right = score(try scan.images(by: method).even, phantom)
        #expect(right.rmse < 0.075)
        var (shifted, turned) = (scan, scan)
        shifted.centre += 0.5
        turned.anglesRadians = scan.anglesRadians.map { -$0 }
        for wrong in [shifted, turned] {
            #expect(score(try wrong.images(by: method).even, phantom).rmse > 1.5 * right.rmse)
        }
    }

    @Test("a disk of value 1 has the value 1 inside and 0 outside", arguments: methods)
    func disk(method: ReconstructionMethod) throws {
        let size = Self.size
        let scan = PairScan(
            .disk(radiusPixels: 15), columns: size, anglesRadians: .halfTurn(60), centre: 23.7)
        let image = try scan.images(by: method).even
        func mean(_ distances: Range<Double>) -> Double {
            let values = image.indices.compactMap { pixel -> Double? in
                let x = Double(pixel % size - size / 2)
                let y = Double(size / 2 - 1 - pixel / size)
                return distances.contains((x * x + y * y).squareRoot()) ? Double(image[pixel]) : nil
            }
            return values.reduce(0, +) / Double(values.count)
        }
        #expect(abs(mean(0..<4) - 1) < 0.02)
        #expect(abs(mean(0..<13) - 1) < 0.01)
        #expect(abs(mean(17..<23)) < 0.01)
    }

    @Test("MLEM keeps the total of what was measured, from the first iteration on", arguments: [1, 7])
    func total(iterations: Int) throws {
        let scan = PairScan(
            .pebbles(radiusPixels: 20), .disk(radiusPixels: 10), columns: Self.size,
            anglesRadians: .halfTurn(40), centre: 24.3)
        let images = try scan.images(by: .mlem(iterations: iterations))
        let projector = ParallelProjector(
            size: scan.columns, columns: scan.columns, anglesRadians: scan.anglesRadians, centre: scan.centre)
        var image = PairImage(size: scan.columns)
        images.even.withUnsafeBufferPointer { even in
            images.odd.withUnsafeBufferPointer { odd in
                for row in 0..<scan.columns {
                    image.rows.setLine(
                        row, even: even.baseAddress! + row * scan.columns, odd: odd.baseAddress! + row * scan.columns)
                }
            }
        }
        image.copyRowsToColumns()
        var memory = ProjectorMemory(size: scan.columns, columns: scan.columns)
        var projected = PairPlane(lines: scan.anglesRadians.count, cells: scan.columns)
        projector.project(image, Array(scan.anglesRadians.indices), into: &projected, &memory)
        var sums = SIMD2<Double>.zero
        for angle in scan.anglesRadians.indices {
            for column in 0..<scan.columns { sums += SIMD2<Double>(projected.pairs(angle)[column]) }
        }
        let even = scan.even.reduce(0) { $0 + Double($1) }
        let odd = scan.odd?.reduce(0) { $0 + Double($1) } ?? 0
        #expect(abs(sums.x / even - 1) < 1e-5)
        #expect(abs(sums.y / odd - 1) < 1e-5)
        #expect(images.even.allSatisfy { $0 >= 0 })
    }

    @Test("5 iterations of OSEM with 10 subsets lead as far as 50 of MLEM")
    func orderedSubsets() throws {
        let scan = sheppLogan(.halfTurn(60))
        let phantom = SlicePhantom.sheppLogan(radiusPixels: 24)
        let slow = score(try scan.images(by: .mlem(iterations: 50)).even, phantom)
        let fast = score(try scan.images(by: .osem(iterations: 5, subsets: 10)).even, phantom)
        #expect(abs(fast.rmse / slow.rmse - 1) < 0.05, "\(fast.rmse) and \(slow.rmse)")
    }

    @Test("OSEM with one subset is MLEM, bit for bit, and takes more subsets than there are angles")
    func subsets() throws {
        let scan = sheppLogan(.halfTurn(7))
        let expected = try scan.images(by: .mlem(iterations: 3)).even
        #expect(try scan.images(by: .osem(iterations: 3, subsets: 1)).even == expected)
        #expect(try scan.images(by: .osem(iterations: 1, subsets: 100)).even.allSatisfy(\.isFinite))
    }

    @Test("of 30 angles total variation makes a better image than any filter of gridrec does")
    func fewAngles() throws {
        let phantom = SlicePhantom.pebbles(radiusPixels: 24)
        let scan = PairScan(phantom, columns: Self.size, anglesRadians: .halfTurn(30), centre: 24.3)
        let smooth = score(try scan.images(by: .totalVariation(iterations: 100, nonNegative: true)).even, phantom)
        for filter in ReconstructionFilter.allCases where filter != .none {
            let sharp = score(try scan.images(by: .gridrec(filter: filter)).even, phantom)
            #expect(smooth.rmse < 0.75 * sharp.rmse, "\(filter): \(smooth.rmse) and \(sharp.rmse)")
        }
    }

    @Test("no value falls below zero where that is asked for")
    func nonNegative() throws {
        let scan = sheppLogan(.halfTurn(30))
        #expect(try scan.images(by: .sirt(iterations: 10)).even.contains { $0 < -0.01 })
        for method: ReconstructionMethod in [
            .sirt(iterations: 10, nonNegative: true), .totalVariation(iterations: 10, nonNegative: true),
        ] { #expect(try scan.images(by: method).even.allSatisfy { $0 >= 0 }) }
    }

    /// Powers of two change no digit.
    @Test("four times the line integrals give four times the image, bit for bit", arguments: methods)
    func homogeneous(method: ReconstructionMethod) throws {
        var scan = sheppLogan(.halfTurn(11))
        let image = try scan.images(by: method).even
        scan.even = scan.even.map { 4 * $0 }
        #expect(try scan.images(by: method).even == image.map { 4 * $0 })
    }

    @Test("a slice depends neither on its partner nor on what the memory was used for before", arguments: methods)
    func independence(method: ReconstructionMethod) throws {
        let alone = sheppLogan(.halfTurn(11))
        let (first, second) = (SlicePhantom.sheppLogan(radiusPixels: 24), SlicePhantom.pebbles(radiusPixels: 20))
        func pair(_ even: SlicePhantom, _ odd: SlicePhantom) -> PairScan {
            PairScan(even, odd, columns: Self.size, anglesRadians: .halfTurn(11), centre: 24.3)
        }
        let expected = try alone.images(by: method).even
        let pool = MemoryPool()
        let swapped = try pair(second, first).images(by: method, pool: pool)
        #expect(swapped.odd == expected)
        let again = try pair(first, second).images(by: method, pool: pool)
        #expect(again.even == expected)
        #expect(again.odd == swapped.even)
    }

    @Test(
        "beginning with what some iterations gave is going on with them",
        arguments: [
            (ReconstructionMethod.sirt(iterations: 3), ReconstructionMethod.sirt(iterations: 6)),
            (.mlem(iterations: 2), .mlem(iterations: 4)),
            (.osem(iterations: 1, subsets: 3), .osem(iterations: 2, subsets: 3)),
        ])
    func warmStart(half: ReconstructionMethod, whole: ReconstructionMethod) throws {
        let scan = PairScan(
            .sheppLogan(radiusPixels: 24), .pebbles(radiusPixels: 22), columns: Self.size, anglesRadians: .halfTurn(13),
            centre: 24.3)
        let first = try scan.images(by: half)
        let second = try scan.images(by: half, from: first)
        let expected = try scan.images(by: whole)
        #expect(second.even == expected.even)
        #expect(second.odd == expected.odd)
        #expect(first.even != second.even)
    }

    @Test("MLEM and OSEM leave zeros and negative values that they begin with")
    func revived() throws {
        let scan = sheppLogan(.halfTurn(20))
        let zeros = Array(repeating: Float(-0.1), count: Self.size * Self.size)
        let image = try scan.images(by: .osem(iterations: 2, subsets: 5), from: (zeros, [])).even
        #expect(score(image, .sheppLogan(radiusPixels: 24)).correlation > 0.9)
    }

    @Test("odd, prime and tiny widths, a single angle and air alone have finite images", arguments: [1, 2, 3, 7, 31])
    func oddSizes(size: Int) throws {
        for angles in [[0.3], .halfTurn(7)] {
            for method in Self.methods {
                var scan = PairScan(
                    .disk(radiusPixels: Double(size) / 3), columns: size, anglesRadians: angles,
                    centre: Double(size) / 2)
                #expect(try scan.images(by: method).even.allSatisfy(\.isFinite))
                scan.even = scan.even.map { _ in 0 }
                #expect(try scan.images(by: method).even.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("a scan without angles, or with one that is no number, is refused", arguments: methods)
    func refusals(method: ReconstructionMethod) {
        #expect(throws: TomographyError.noAngles) { try method.plan(columns: 8, anglesRadians: [], centre: 4) }
        #expect(throws: TomographyError.invalidAngle(projection: 1)) {
            try method.plan(columns: 8, anglesRadians: [0, .nan], centre: 4)
        }
        #expect(throws: TomographyError.invalidCentre) {
            try method.plan(columns: 8, anglesRadians: [0], centre: .infinity)
        }
    }
}
