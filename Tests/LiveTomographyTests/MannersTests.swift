import Foundation
import TestSupport
import Testing

@Suite struct MannersTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
    }

    private static let run = ["run", "--input", "scan.h5", "--output", "v.h5"]

    @Test("piped, there is a summary and no progress")
    func piped() throws {
        let outcome = try Program.run(Self.run, in: folder)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "scan 1: 180 projections recorded in penstock-log")
        #expect(lines[1].hasPrefix("v.h5: 2 slices from 1 window, rotation centre "))
        #expect(lines[2].hasSuffix(" s"))
    }

    @Test("--quiet prints nothing, and --progress json is heard all the same")
    func quiet() throws {
        let silent = try Program.run(Self.run + ["--quiet"], in: folder)
        #expect(silent.status == 0 && silent.output == "" && silent.errors == "")
        let failing = try Program.run(Self.run + ["--quiet"], in: folder)
        #expect(failing.errorLines.first == "error: v.h5: exists already")
    }

    @Test("every line of --progress json is an object with numbers, and the last one has them all")
    func json() throws {
        let outcome = try Program.run(Self.run + ["--progress", "json", "--batch-size", "1"], in: folder)
        #expect(outcome.status == 0)
        let lines = Progress.lines(in: outcome.errors)
        #expect(lines.count == outcome.errorLines.count)
        #expect(lines.last?["projections_acknowledged"] == 180)
        #expect(lines.last?["slices_written"] == 2)
        let acknowledged = lines.map { $0["projections_acknowledged"] ?? 0 }
        #expect(acknowledged == acknowledged.sorted())
    }

    @Test("a mistake in the command line ends with status 64")
    func usage() throws {
        #expect(try Program.run(Self.run + ["--centre", "middle"], in: folder).status == 64)
        #expect(try Program.run(Self.run + ["--colour", "blue"], in: folder).status == 64)
        for option in [
            ["--stripe", "rings"], ["--stripe", "sorting:size=0"], ["--paganin", "energy=20"], ["--air", "0"],
            ["--binning", "0"], ["--floor", "0"], ["--beam-hardening", "1,x"], ["--crop-rows", "5:2"],
            ["--width", "0"],
        ] {
            #expect(try Program.run(Self.run + option, in: folder).status == 64, "\(option)")
        }
        let stripe = try Program.run(Self.run + ["--stripe", "rings"], in: folder)
        #expect(stripe.errors.contains("there is no way to remove stripes named ‘rings’ (write smoothing:size=5, "))
        let half = try Program.run(Self.run + ["--half-acquisition"], in: folder)
        #expect(half.status == 64)
        #expect(
            half.errorLines == [
                "error: half acquisition cannot find the rotation centre by itself",
                "hint: give --centre: the column near the edge that the axis projects to",
            ])
        #expect(try Program.run("replay", "--topic", "others", in: folder).status == 64)
        let nothing = try Program.run("run", "--output", "v.h5", in: folder)
        #expect(nothing.status == 64)
        #expect(
            nothing.errorLines == [
                "error: there is no scan to read",
                "hint: give --input with a file or folder; only a replay does without",
            ])
        #expect(try Program.run("--help", in: folder).status == 0)
        #expect(folder.names() == ["penstock-log", "scan.h5"] || folder.names() == ["scan.h5"])
    }
}
