import Foundation
import PenstockEvents
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

@Suite struct JudgementTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let size = 16

    private static func slice(_ window: Int, _ number: Int = 0, of count: Int = 1, phase: Double) -> ReconstructedSlice
    {
        let values = (0..<size * size).map { (pixel: Int) -> Float in
            Float(sin(0.5 * Double(pixel % size) + phase) + 0.1 * Double(pixel / size) + Double(number))
        }
        return ReconstructedSlice(
            scan: ScanID(1), window: window, projections: 10, isComplete: window > 0, isLast: window == 3,
            anglesDegrees: 0...90, slice: number, row: number + 2, sliceCount: count, size: size,
            pixels: Payload(values))
    }

    @Test("white noise is found to its standard deviation, and none in a plane")
    func noise() {
        let size = 128
        var random = CounterRandom(seed: 5, stream: 1, item: 2)
        // Sums of twelve uniform numbers have the variance 1.
        let values = (0..<size * size).map { pixel in
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + random.uniform() }
            return Float(0.3 * normal + 0.01 * Double(pixel % size))
        }
        let noise = values.withUnsafeBufferPointer { ImageNoise($0, size: size) }
        #expect(abs(noise.standardDeviation - 0.3) < 0.01)
        let plane = (0..<size * size).map { Float($0 % size) + 2 * Float($0 / size) }
        let none = plane.withUnsafeBufferPointer { ImageNoise($0, size: size) }
        #expect(none.standardDeviation == 0 && none.signalToNoise == .infinity)
    }

    @Test(
        "a criterion is a figure on the better side of a limit",
        arguments: [
            ("ssim>0.98", true), ("rmse<0.01", true), ("psnr>30", true), ("snr>5", true), ("correlation>0.9", true),
        ]
            + [("ssim<0.98", false), ("rmse>0.01", false), ("sharpness>1", false), ("ssim>", false), ("ssim", false)])
    func criterion(text: String, isValid: Bool) {
        let criterion = QualityCriterion(argument: text)
        #expect((criterion != nil) == isValid)
        if let criterion { #expect(QualityCriterion(argument: "\(criterion)") == criterion) }
    }

    @Test("slices are compared with those of a reference volume, by number or by row")
    func reference() throws {
        for (count, name) in [(2, "same.h5"), (4, "all.h5")] {
            let file = try HDF5File(creating: folder(name))
            let dataset = try file.createDataset("/exchange/data", shape: [count, Self.size, Self.size], of: .f32)
            // Slices 0 and 1 are the detector rows 2 and 3.
            let numbers = count == 2 ? [0, 1] : [8, 9, 0, 1]
            try dataset.writeAll(numbers.flatMap { Self.slice(0, $0, phase: 0).pixels.floats })
            try file.close()
            let driver = StageDriver(CompareWindows(with: ReferenceVolume(folder(name))))
            let figures = try driver.process([Self.slice(3, 0, of: 2, phase: 0), Self.slice(3, 1, of: 2, phase: 0.1)])
            #expect(figures.map(\.slice) == [0, 1] && figures.map(\.row) == [2, 3])
            #expect(figures[0].rmse == 0 && figures[1].rmse > 0.01)
            #expect(driver.reported.contains(.fact(name: "compared_with", value: folder(name))))
        }
        let wrong = StageDriver(CompareWindows(with: ReferenceVolume(folder("same.h5"))))
        #expect(throws: TomographyError.self) { try wrong.process([Self.slice(0, 3, of: 9, phase: 0)]) }
    }

    @Test("the first complete window whose middle slice is good enough ends the scan, once, also over a restart")
    func judge() throws {
        let compared = StageDriver(CompareWindows())
        let phases = [0, 0, 0.5, 0.5]
        let quality = try compared.process(phases.indices.map { Self.slice($0, phase: phases[$0]) })
        #expect(quality.map(\.window) == [1, 2, 3])
        let criterion = try #require(QualityCriterion(argument: "ssim>0.99"))
        for stops in [true, false] {
            let driver = StageDriver(JudgeScan(criterion, stops: stops))
            let first = try driver.process([quality[1], quality[2]])
            try driver.restore()
            let later = try driver.process([quality[0], quality[2]])
            #expect(first.map(\.stops) == (stops ? [true] : []) && later.isEmpty)
            #expect(driver.reported == [.fact(name: "good_enough_at_window", value: "3")])
        }
    }
}
