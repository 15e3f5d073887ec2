import Foundation
import PenstockEngine
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct TrialSlicesTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("the entropy of evenly spread values is the logarithm of their number", arguments: [1, 2, 4, 8])
    func entropy(levels: Int) {
        // Every pixel of the disk counts: columns of a level each, as many pixels left as right of the middle.
        let size = 64
        let image = (0..<size * size).map { pixel in Float(1 + (pixel / size + pixel % size) % levels) }
        let bits = ImageEntropy(like: image, size: size).bits(of: image)
        #expect(abs(bits - log2(Double(levels))) < 0.01)
    }

    @Test("values far beyond those of the first image are not counted")
    func beyond() {
        let image = (0..<256).map { Float($0 % 2) }
        let bins = ImageEntropy(like: image, size: 16)
        #expect(abs(bins.bits(of: image) - 1) < 0.01)
        #expect(bins.bits(of: image.map { $0 * 1000 - 500 }) == 0)
    }

    @Test("the slice is sharpest around the true centre, and all of it is written")
    func sharpest() async throws {
        let scan = SyntheticScan(
            phantom: .stone(rows: 4, columns: 64), rows: 4, columns: 64, anglesDegrees: (0..<90).map { 2 * Double($0) },
            centre: 33.0, seed: 3, noise: 0.002)
        try scan.write(to: folder("scan.h5"))
        let data = try await CentreData(folder("scan.h5"))
        #expect(data.row == 2 && data.rows == 0..<4 && data.columns == 64 && data.lines.count == 90 * 64)
        #expect(data.oppositeDegrees == 178)
        #expect(data.halfTurn.angles == 90)
        let centres = [31.0, 32, 33, 34, 35]
        let trials = try TrialSlices(data, centres: centres, writingTo: folder("trials"))
        #expect(trials.sharpest == 2)
        #expect(folder.names(in: "trials") == centres.map { "centre_000\(Int($0)).00.tiff" })
        let image = try TIFFImage(opening: folder("trials/centre_00033.00.tiff"))
        #expect(image.rows == 64 && image.columns == 64)
        let picture = try trials.contactSheet(marks: [("Vo", 33.2)], file: "sheet.png")
        try Data(picture).write(to: URL(fileURLWithPath: folder("sheet.png")))
        let sheet = try PNGFile.read(folder("sheet.png"), as: .rgb)
        // Three pictures of 192 columns side by side, with six pixels around each.
        #expect(sheet.columns == 3 * 192 + 4 * 6)
        let outside = await #expect(throws: EngineError.self) { try await CentreData(folder("scan.h5"), row: 4) }
        #expect(outside?.summary == "row 4 is not on the detector, whose rows are 0 to 3")
    }

    @Test("the projections nearest to half a turn apart are found, in any order")
    func opposite() {
        #expect(CentreData.opposite([0, 60, 120, 180]) == (0, 3))
        #expect(CentreData.opposite([170, 90, 0, 271, 30]) == (1, 3))
        #expect(CentreData.opposite([5, 6]) == (0, 1))
    }
}
