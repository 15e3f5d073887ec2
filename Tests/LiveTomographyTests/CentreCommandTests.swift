import Foundation
import PenstockFormats
import PenstockTomography
import TestSupport
import Testing

@Suite struct CentreCommandTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("every method tells the centre within half a column, and the pictures are there")
    func methods() throws {
        try Scans.stone(columns: 96, rows: 5, angles: 181, degrees: 181, centre: 50.5, noise: 0.002).write(
            to: folder("scan.h5"))
        let outcome = try Program.run(
            "centre", "--input", "scan.h5", "--range", "48:53:0.5", "--tiff", "trials", "--output", "sheet.png",
            in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.isEmpty)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "row 2 of 5, 96 columns, 181 projections")
        for method in ["Vo", "phase correlation", "entropy"] {
            let line = try #require(lines.first { $0.hasPrefix("\(method): ") })
            let centre = try #require(Double(line.dropFirst(method.count + 2)))
            #expect(abs(centre - 50.5) <= 0.5, "\(line)")
        }
        #expect(folder.names(in: "trials").count == 11)
        #expect(try PNGFile.read(folder("sheet.png"), as: .rgb).columns == 4 * 192 + 5 * 6)
        let again = try Program.run("centre", "--input", "scan.h5", "--output", "sheet.png", in: folder)
        #expect(again.status != 0 && again.errors.contains("sheet.png"))
    }

    @Test("with the preparation of a run the centre is that of the run, and its column on the detector is said")
    func preparation() throws {
        try Scans.stone(columns: 120, rows: 6, angles: 90, centre: 60.5, noise: 0.002).write(to: folder("scan.h5"))
        // Of columns 20 to 99 in pairs: (60.5 - 20 + 0.5) / 2 - 0.5.
        let options = [
            "--input", "scan.h5", "--crop-columns", "20:100", "--crop-rows", "2:6", "--binning", "2", "--stripe",
            "sorting",
            "--zinger-threshold", "0.3", "--beam-hardening", "1,0.01",
        ]
        let outcome = try Program.run(["centre"] + options + ["--range", "18:22:0.5"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "row 2 of 1-2, 40 columns, 90 projections")
        let entropy = try #require(lines.first { $0.hasPrefix("entropy: ") })
        #expect(entropy == "entropy: 20.0, column 60.5 of the detector")
        let vo = try #require(lines.first { $0.hasPrefix("Vo: ") })
        let found = try #require(vo.split(separator: " ").dropFirst().first.flatMap { Double($0.dropLast()) })
        let run = try Program.run(["run", "--no-checksum"] + options, in: folder)
        #expect(run.output.contains("rotation centre \(found)"), "\(vo): \(run.output)")
    }

    @Test("the sharpest slice of a half acquisition is that around its centre near the edge")
    func halfAcquisition() throws {
        // The sample is wider than what the detector sees of it at a time.
        let scan = SyntheticScan(
            phantom: .stone(rows: 2, columns: 96), rows: 2, columns: 60,
            anglesDegrees: (0..<240).map { 1.5 * Double($0) },
            centre: 10.5, seed: 7, noise: 0.002)
        try scan.write(to: folder("scan.h5"))
        let options = ["centre", "--input", "scan.h5", "--half-acquisition"]
        let outcome = try Program.run(options + ["--range", "8:13:0.5", "--tiff", "trials"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("\nentropy: 10.5\n"), "\(outcome.output)")
        // The images of all trials have one size, that of the last, of 2 (59 - 13) + 1 columns.
        let image = try TIFFImage(opening: folder("trials/centre_00008.00.tiff"))
        #expect(image.rows == 93 && image.columns == 93)
        let open = try Program.run(options, in: folder)
        #expect(open.status == 64)
        #expect(open.errorLines.first?.contains("--half-acquisition needs --range") == true)
    }

    @Test("what a method cannot find in a short scan is said instead of guessed")
    func shortScan() throws {
        try Scans.stone(columns: 48, rows: 2, angles: 30, degrees: 90, centre: 24).write(to: folder("scan.h5"))
        let outcome = try Program.run("centre", "--input", "scan.h5", "--range", "22:26:1", in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.errors.contains(
                "phase correlation: no two projections are half a turn apart, the nearest to it 87.0 degrees"))
        #expect(outcome.errors.contains("Vo: needs about 180 degrees, but the projections cover 87.0"))
        #expect(!outcome.output.contains("phase correlation"))
    }

    @Test("a minimum at the end of the range, and methods that disagree, are told")
    func warnings() throws {
        try Scans.stone(columns: 96, rows: 3, angles: 90, centre: 50.3, noise: 0.002).write(to: folder("scan.h5"))
        let outcome = try Program.run("centre", "--input", "scan.h5", "--range", "45:49:0.5", in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("lies at the end of the range that was searched: the centre may be outside"))
        #expect(outcome.errors.contains("the methods disagree by "))
        let outside = try Program.run("centre", "--input", "scan.h5", "--range", "90:99:1", "--overwrite", in: folder)
        #expect(outside.status == 64)
        #expect(
            outside.errorLines.first
                == "error: the rotation centre 99.0 is not on the detector, whose columns are 0 to 95")
        #expect(try Program.run("centre", "--input", "scan.h5", "--range", "9:3:1", in: folder).status == 64)
    }
}
