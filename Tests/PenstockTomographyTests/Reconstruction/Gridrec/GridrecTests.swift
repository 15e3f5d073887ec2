import PenstockEvents
import Testing

@testable import PenstockTomography

/// Limits: gridrec and FBP of this size against the analytic phantom differ from it by what the pixels cannot resolve.
/// The figures of the full size (512 columns) are the business of `penstock-bench tomography`.
@Suite struct GridrecTests {
    static let size = 96

    @Test("a Shepp-Logan slice comes out as close to the phantom as by filtered back-projection, with the right scale")
    func sheppLogan() throws {
        let size = Self.size
        let angles = [Double].halfTurn(size)
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: Double(size) / 2)
        let sinogram = phantom.sinogram(anglesRadians: angles, columns: size, centre: Double(size) / 2)
        let truth = phantom.image(size: size)
        let image = try reconstructed(sinogram, angles, centre: Double(size) / 2, filter: .ramp)
        let reference = try FilteredBackProjection(
            columns: size, anglesRadians: angles, centre: Double(size) / 2, filter: .ramp
        ).image(sinogram)
        let ours = Score(image, truth, size: size, disk: 0.95)
        let plain = Score(reference, truth, size: size, disk: 0.95)
        #expect(ours.rmse < 1.1 * plain.rmse)
        #expect((0.97...1.02).contains(ours.scale))
        #expect(Score(image, reference, size: size, disk: 0.9).correlation > 0.99)
    }

    @Test(
        "an off-centre phantom without symmetry lands where it belongs, for every centre of rotation",
        arguments: [48.0, 48.3, 47.5, 40.35])
    func orientation(centre: Double) throws {
        let size = Self.size
        let angles = [Double].halfTurn(120)
        let phantom = SlicePhantom(
            ellipses: [
                Ellipse(value: 1, halfAxisX: 0.2, halfAxisY: 0.08, x: 0.4, y: 0.25, angleDegrees: 30),
                Ellipse(value: 0.5, halfAxisX: 0.1, halfAxisY: 0.1, x: -0.3, y: -0.45),
            ], radiusPixels: 36)
        let sinogram = phantom.sinogram(anglesRadians: angles, columns: size, centre: centre)
        let image = try reconstructed(sinogram, angles, centre: centre)
        let score = Score(image, phantom.image(size: size), size: size, disk: 0.95)
        #expect(score.correlation > 0.97)
        #expect(score.rmse < 0.05)
    }

    @Test("a uniform disk has the value 1 inside and 0 outside", arguments: [0.2, 0.9])
    func uniformDisk(radius: Double) throws {
        let size = Self.size
        let angles = [Double].halfTurn(160)
        let phantom = SlicePhantom(
            ellipses: [Ellipse(value: 1, halfAxisX: radius, halfAxisY: radius)], radiusPixels: Double(size) / 2)
        let sinogram = phantom.sinogram(anglesRadians: angles, columns: size, centre: Double(size) / 2)
        let image = try reconstructed(sinogram, angles, centre: Double(size) / 2, filter: .hann)
        func mean(_ distances: Range<Double>) -> Double {
            let values = image.indices.compactMap { pixel -> Double? in
                let x = Double(pixel % size - size / 2)
                let y = Double(size / 2 - 1 - pixel / size)
                return distances.contains((x * x + y * y).squareRoot() / Double(size / 2)) ? Double(image[pixel]) : nil
            }
            return values.reduce(0, +) / Double(values.count)
        }
        #expect(abs(mean(0..<0.1) - 1) < 0.01)
        #expect(abs(mean(0..<radius - 0.08) - 1) < 0.01)
        #expect(abs(mean(radius + 0.05..<1)) < 0.01)
    }

    @Test("golden-angle order needs no other weights")
    func goldenAngles() throws {
        let size = 64
        // 89 is a Fibonacci number, as the 377 of the standard scan.
        let golden = (0..<89).map { (Double($0) * 111.246).truncatingRemainder(dividingBy: 180) * .pi / 180 }
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 30)
        let truth = phantom.image(size: size)
        func score(_ angles: [Double]) throws -> Score {
            let sinogram = phantom.sinogram(anglesRadians: angles, columns: size, centre: 32)
            return Score(try reconstructed(sinogram, angles, centre: 32, size: size), truth, size: size, disk: 0.95)
        }
        let ordered = try score(.halfTurn(89))
        let unordered = try score(golden)
        #expect(unordered.rmse < 1.05 * ordered.rmse)
        #expect(abs(unordered.scale - ordered.scale) < 0.005)
    }

    @Test("the two slices of a pair do not mix, and a missing partner counts as zero")
    func pairs() throws {
        let size = 48
        let angles = [Double].halfTurn(50)
        let first = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 20)
        let second = SlicePhantom(
            ellipses: [Ellipse(value: 0.7, halfAxisX: 0.2, halfAxisY: 0.3, x: 0.5)], radiusPixels: 20)
        let rows = [first, second, first].map { $0.sinogram(anglesRadians: angles, columns: size, centre: 24) }
        let gridrec = try GridrecPlan(columns: size, anglesRadians: angles, centre: 24)
        let images = volume(gridrec, rows.flatMap { $0 }, workers: 1)
        let area = size * size
        let alone = Array(images[2 * area..<3 * area])
        let paired = Array(images[..<area])
        let difference = zip(alone, paired).map { abs($0 - $1) }.max() ?? 1
        #expect(difference < 1e-5)
        #expect(
            Score(Array(images[area..<2 * area]), second.image(size: size), size: size, disk: 0.9).correlation > 0.95)
    }

    @Test("the number of workers does not change a bit", arguments: [2, 3, 4])
    func workers(count: Int) throws {
        let size = 40
        let angles = [Double].halfTurn(30)
        let scan = VolumePhantom.stone(rows: 7, columns: size)
        let stack = (0..<7).flatMap { row in
            scan.slice(row: row).sinogram(anglesRadians: angles, columns: size, centre: 20.3)
        }
        let gridrec = try GridrecPlan(columns: size, anglesRadians: angles, centre: 20.3)
        let alone = volume(gridrec, stack, workers: 1)
        #expect(alone.map(\.bitPattern) == volume(gridrec, stack, workers: count).map(\.bitPattern))
        #expect(alone.contains { $0 > 0.1 })
    }

    @Test("the portable kernel and that of the processor agree")
    func portableKernel() throws {
        let size = 51
        let angles = [Double].halfTurn(33)
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 20)
        let sinogram = phantom.sinogram(anglesRadians: angles, columns: size, centre: 26)
        let images = try [false, true].map { portable in
            let gridrec = try GridrecPlan(
                GridrecSetup(columns: size, centre: 26, usesPortableKernel: portable), anglesRadians: angles)
            return volume(gridrec, sinogram, workers: 1)
        }
        #expect((zip(images[0], images[1]).map { abs($0 - $1) }.max() ?? 1) < 1e-4)
    }

    @Test("odd, prime and tiny widths and a single angle have a finite result", arguments: [1, 2, 3, 7, 31, 33])
    func oddSizes(size: Int) throws {
        for angles in [[0.3], .halfTurn(7)] {
            let gridrec = try GridrecPlan(columns: size, anglesRadians: angles, centre: Double(size) / 2)
            let rows = (0..<2 * angles.count * size).map { Float($0 % 5) }
            #expect(volume(gridrec, rows, workers: 1).allSatisfy { $0.isFinite })
        }
    }

    @Test("with an odd number of columns the axis lies on the middle pixel")
    func oddOrientation() throws {
        let size = 63
        let angles = [Double].halfTurn(90)
        let phantom = SlicePhantom(
            ellipses: [Ellipse(value: 1, halfAxisX: 0.3, halfAxisY: 0.1, x: 0.2, y: 0.4, angleDegrees: 20)],
            radiusPixels: 28)
        let sinogram = phantom.sinogram(anglesRadians: angles, columns: size, centre: 31)
        let image = try reconstructed(sinogram, angles, centre: 31, size: size)
        #expect(Score(image, phantom.image(size: size), size: size, disk: 0.95).correlation > 0.97)
    }

    @Test("a scan without angles, or with one that is no number, is refused")
    func refusals() {
        #expect(throws: TomographyError.noAngles) { try GridrecPlan(columns: 8, anglesRadians: [], centre: 4) }
        #expect(throws: TomographyError.invalidAngle(projection: 1)) {
            try GridrecPlan(columns: 8, anglesRadians: [0, .nan], centre: 4)
        }
        #expect(throws: TomographyError.invalidCentre) {
            try GridrecPlan(columns: 8, anglesRadians: [0], centre: .infinity)
        }
    }

    private func reconstructed(
        _ sinogram: [Float], _ angles: [Double], centre: Double, filter: ReconstructionFilter = .shepp, size: Int = size
    ) throws -> [Float] {
        volume(
            try GridrecPlan(columns: size, anglesRadians: angles, centre: centre, filter: filter), sinogram, workers: 1)
    }
}

/// Reconstructs [row, angle, column].
func volume(_ gridrec: GridrecPlan, _ sinograms: [Float], workers: Int) -> [Float] {
    let rows = sinograms.count / (gridrec.angleCount * gridrec.columns)
    return Array(unsafeUninitializedCapacity: rows * gridrec.columns * gridrec.columns) { images, count in
        count = images.count
        guard let target = images.baseAddress else { return }
        sinograms.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            gridrec.reconstruct(
                .sinograms(source, rows: rows, angles: gridrec.angleCount, columns: gridrec.columns), into: target,
                workers: workers)
        }
    }
}
