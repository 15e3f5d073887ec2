import PenstockEvents
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

@Suite struct ReconstructStageTests {
    private static let early = WindowPane(
        index: 3, count: 90, isComplete: false, isLast: false, time: Timestamp(nanoseconds: 5))
    private static let last = WindowPane(
        index: 4, count: 90, isComplete: true, isLast: true, time: Timestamp(nanoseconds: 9))

    private func scan(rows: Int) -> [Projection] { Projection.phantomScan(rows: rows, knowsCentre: true) }

    @Test("early windows give all slices, the pair with the middle one, or none; the last one gives all")
    func earlySlices() throws {
        let cases: [(Reconstruct.EarlySlices, [Int])] = [(.all, [0, 1, 2, 3, 4]), (.middle, [2, 3]), (.none, [])]
        for (early, expected) in cases {
            let driver = WindowDriver(Reconstruct(early: early))
            try driver.add(scan(rows: 5))
            let slices = try driver.emit(Self.early)
            #expect(slices.map(\.slice) == expected)
            #expect(slices.allSatisfy { $0.window == 3 && !$0.isComplete && !$0.isLast })
            let all = try driver.emit(Self.last)
            #expect(all.map(\.slice) == [0, 1, 2, 3, 4])
            #expect(all.allSatisfy { $0.window == 4 && $0.isComplete && $0.isLast })
            #expect(all.allSatisfy { $0.sliceCount == 5 && $0.size == 64 })
            #expect(all.allSatisfy { $0.anglesDegrees == 0...178 && $0.projections == 90 })
            // A slice is the same in an early window of the same projections.
            for slice in slices { #expect(slice.pixels.floats == all[slice.slice].pixels.floats) }
            #expect(driver.reported.contains(.fact(name: "windows", value: "5")))
        }
    }

    @Test("the slice without a partner in an odd number of rows is as good as the others")
    func oddRows() throws {
        let driver = WindowDriver(Reconstruct())
        try driver.add(scan(rows: 3))
        let slices = try driver.emit(Self.last).map(\.pixels.floats)
        // Row k holds k + 1 times the first one.
        let peak = slices[0].map(abs).max() ?? 0
        let factor = zip(slices[2], slices[0]).map { abs($0 - 3 * $1) }.max() ?? 1
        #expect(peak > 0)
        #expect(factor < 1e-4 * peak)
    }

    private static let methods: [ReconstructionMethod] = [
        .gridrec(), .filteredBackProjection(), .sirt(iterations: 2), .mlem(iterations: 2),
        .osem(iterations: 1, subsets: 2),
        .totalVariation(iterations: 2),
    ]

    @Test("the number of threads changes no bit, of no method", arguments: methods)
    func parallelism(method: ReconstructionMethod) throws {
        let projections = Projection.phantomScan(
            angles: 12, columns: 32, rows: 7, centre: 16.5, radiusPixels: 14, knowsCentre: true)
        var expected: [[Float]] = []
        for threads in [1, 2, 3, 16] {
            let driver = WindowDriver(Reconstruct(method, warmStart: true), parallelism: threads)
            try driver.add(projections)
            // Twice, so that memory is used again, and warm starts begin with what there is.
            _ = try driver.emit(Self.early)
            let slices = try driver.emit(Self.last)
            #expect(slices.map(\.slice) == Array(0..<7))
            let images = slices.map(\.pixels.floats)
            if threads == 1 { expected = images } else { #expect(images == expected, "\(threads) threads") }
            #expect(driver.reported.contains(.fact(name: "algorithm", value: method.name)))
        }
    }

    @Test("a warm start goes on from the last window of the slice, also from a state that was written down")
    func warmStart() throws {
        let projections = Projection.phantomScan(
            angles: 40, degrees: 240, columns: 32, rows: 3, centre: 16.5, radiusPixels: 14, knowsCentre: true)
        func images(_ operation: Reconstruct, restoring: Bool) throws -> [[Float]] {
            let driver = WindowDriver(operation)
            try driver.add(Array(projections[..<30]))
            _ = try driver.emit(Self.early)
            if restoring { try driver.restore() }
            try driver.remove(Array(projections[..<10]))
            try driver.add(Array(projections[30...]))
            return try driver.emit(Self.last).map(\.pixels.floats)
        }
        let warm = try images(Reconstruct(.sirt(iterations: 10), warmStart: true), restoring: false)
        #expect(try images(Reconstruct(.sirt(iterations: 10), warmStart: true), restoring: true) == warm)
        let cold = try images(Reconstruct(.sirt(iterations: 10)), restoring: false)
        // The scan stands still, so all windows have one image, and 10 iterations more come nearer to it.
        let truth = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 14).image(size: 32)
        for row in 0..<3 {
            let expected = truth.map { $0 * Float(row + 1) }
            let (warm, cold) = (
                Score(warm[row], expected, size: 32, disk: 0.95), Score(cold[row], expected, size: 32, disk: 0.95)
            )
            #expect(warm.rmse < 0.95 * cold.rmse, "\(warm.rmse) and \(cold.rmse)")
        }
    }

    @Test("only the slices that a window gave begin warm, and gridrec keeps none")
    func keptImages() throws {
        let projections = Projection.phantomScan(
            angles: 12, columns: 32, rows: 5, centre: 16.5, radiusPixels: 14, knowsCentre: true)
        func images(_ method: ReconstructionMethod, warmStart: Bool) throws -> [[Float]] {
            let driver = WindowDriver(Reconstruct(method, early: .middle, warmStart: warmStart))
            try driver.add(projections)
            _ = try driver.emit(Self.early)
            return try driver.emit(Self.last).map(\.pixels.floats)
        }
        let warm = try images(.sirt(iterations: 2), warmStart: true)
        let cold = try images(.sirt(iterations: 2), warmStart: false)
        #expect(warm.indices.filter { warm[$0] != cold[$0] } == [2, 3])
        #expect(try images(.gridrec(), warmStart: true) == images(.gridrec(), warmStart: false))
    }

    @Test("the facts of a run name the method and its parameters")
    func parameters() {
        #expect(ReconstructionMethod.gridrec(filter: .hann).parameters == ["algorithm": "gridrec", "filter": "hann"])
        #expect(ReconstructionMethod.filteredBackProjection().parameters == ["algorithm": "fbp", "filter": "shepp"])
        #expect(
            ReconstructionMethod.sirt(iterations: 7, nonNegative: true).parameters
                == ["algorithm": "sirt", "iterations": "7", "non_negative": "true"])
        #expect(ReconstructionMethod.mlem(iterations: 8).parameters == ["algorithm": "mlem", "iterations": "8"])
        #expect(
            ReconstructionMethod.osem(iterations: 3, subsets: 4).parameters
                == ["algorithm": "osem", "iterations": "3", "subsets": "4"])
        #expect(
            ReconstructionMethod.totalVariation(iterations: 9, weight: 0.25).parameters
                == ["algorithm": "tv", "iterations": "9", "tv_weight": "0.25", "non_negative": "false"])
    }

    @Test("projections that leave count no more, and a state that was written down goes on as if nothing had happened")
    func snapshot() throws {
        let projections = Projection.phantomScan(angles: 120, degrees: 240, rows: 2, knowsCentre: true)
        let fresh = WindowDriver(Reconstruct())
        try fresh.add(Array(projections[30...]))
        let sliding = WindowDriver(Reconstruct())
        try sliding.add(Array(projections[..<90]))
        _ = try sliding.emit(Self.early)
        try sliding.restore()
        try sliding.remove(Array(projections[..<30]))
        try sliding.add(Array(projections[90...]))
        #expect(try sliding.emit(Self.last).map(\.pixels.floats) == fresh.emit(Self.last).map(\.pixels.floats))
    }

    @Test("projections without a centre or of another size are refused, and an empty window gives nothing")
    func refusals() throws {
        #expect(try WindowDriver(Reconstruct()).emit(Self.last).isEmpty)
        let placeless = WindowDriver(Reconstruct())
        try placeless.add(Projection.phantomScan(angles: 4))
        #expect(throws: TomographyError.centreUnknown) { try placeless.emit(Self.last) }
        let mixed = WindowDriver(Reconstruct())
        try mixed.add(scan(rows: 1))
        #expect(throws: TomographyError.shapeChanged(kind: "projection", index: 0)) {
            try mixed.add([scan(rows: 2)[0]])
        }
    }

    @Test("a gap in the angles is told of with the last window")
    func gap() throws {
        let driver = WindowDriver(Reconstruct(early: .all))
        try driver.add(Projection.phantomScan(angles: 60, degrees: 120, knowsCentre: true))
        _ = try driver.emit(Self.early)
        #expect(driver.reported.isEmpty)
        _ = try driver.emit(Self.last)
        // From 118 degrees to 180, which is 0 again.
        #expect(
            driver.reported.contains(
                .warning(
                    "the projections leave a gap of 62.0 degrees, from 118.0 to 180.0 (modulo 180): the image has artefacts "
                        + "along its directions")))
    }
}
