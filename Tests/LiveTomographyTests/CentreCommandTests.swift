import Foundation
import PenstockFormats
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
