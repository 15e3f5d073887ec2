import Foundation
import PenstockEngine
import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct CompareWindowsTests {
    /// A slice of 16 x 16 pixels whose waves have a phase.
    private func slice(_ window: Int, _ number: Int = 0, phase: Double, scan: UInt64 = 1) -> ReconstructedSlice {
        let values = (0..<256).map { (pixel: Int) -> Float in
            Float(sin(0.5 * Double(pixel % 16) + phase) + 0.1 * Double(pixel / 16))
        }
        return ReconstructedSlice(
            scan: ScanID(scan), window: window, projections: 10 * (window + 1), isComplete: window > 1, isLast: false,
            anglesDegrees: 0...90, slice: number, row: number, sliceCount: 2, size: 16,
            pixels: values.withUnsafeBytes { Payload(copying: $0) })
    }

    @Test("every slice is compared with the same slice of the window before, also over a restart and in a new scan")
    func comparisons() throws {
        let driver = StageDriver(CompareWindows())
        #expect(try driver.process([slice(0, 0, phase: 0), slice(0, 1, phase: 1)]).isEmpty)
        try driver.restore()
        let first = try driver.process([slice(1, 0, phase: 0), slice(1, 1, phase: 1.5)])
        #expect(first.map(\.slice) == [0, 1] && first.map(\.window) == [1, 1])
        #expect(first.map(\.projections) == [20, 20] && first.map(\.isComplete) == [0, 0])
        #expect(first[0].rmse == 0 && first[0].ssim > 0.999_999)
        #expect(first[1].rmse > 0.1 && first[1].ssim < 0.95)
        // The other way round the same figures but for the range: the next window comes back to where the slice was.
        let second = try driver.process([slice(2, 1, phase: 1)])
        #expect(abs(second[0].correlation - first[1].correlation) < 1e-9)
        #expect(try driver.process([slice(0, 0, phase: 0, scan: 2)]).isEmpty)
    }
}
