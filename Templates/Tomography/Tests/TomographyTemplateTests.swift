import Foundation
import Penstock
import PenstockTomography
import Testing

@testable import TomographyTemplate

@Test("a scan of a known stone gives that stone")
func stone() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let stone = ExampleScan.scan(rows: 4, columns: 64, noise: 0)
    let path = folder.appendingPathComponent("scan.h5").path
    try stone.write(to: path)

    let slices = Collected<ReconstructedSlice>()
    let scan = Flow("scan") { From(ScanFile(path)) }
    let found = TomographyTemplate.slices(of: scan, centre: .automatic, filter: .shepp)
    try await Flow("slices") {
        found
        To(slices)
    }.run()

    let last = slices.values.filter(\.isLast)
    #expect(last.map(\.slice) == [0, 1, 2, 3])
    let middle = try #require(last.first { $0.slice == 2 })
    let pixels = middle.pixels.withValues(of: Float.self) { Array($0) }
    // The stone is known in formulas: `truth` draws them, without any reconstruction.
    #expect(correlation(pixels, stone.truth(row: 2)) > 0.95)
}

/// Pearson's correlation coefficient of two images.
private func correlation(_ left: [Float], _ right: [Float]) -> Double {
    let count = Double(left.count)
    let means = (left.reduce(0) { $0 + Double($1) } / count, right.reduce(0) { $0 + Double($1) } / count)
    var (both, first, second) = (0.0, 0.0, 0.0)
    for (a, b) in zip(left, right) {
        let (x, y) = (Double(a) - means.0, Double(b) - means.1)
        (both, first, second) = (both + x * y, first + x * x, second + y * y)
    }
    return left.count == right.count ? both / (first * second).squareRoot() : 0
}
