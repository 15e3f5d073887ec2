import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct BadInputTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// A small scan of a block, with something wrong.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let summary: String
        var hint: String
        var object: String?
        var shape = [60, 4, 48]
        var angles: Int? = 60
        var flats: Int? = 10
        var flatCounts: UInt16 = 1000
        var darkCounts: UInt16 = 100
        var badPixel: [Int]?

        var testDescription: String { name }

        func write(to path: String) throws {
            let file = try HDF5File(creating: path)
            try frames(shape[0], 600, "/exchange/data", file)
            if let flats { try frames(flats, flatCounts, "/exchange/data_white", file) }
            try frames(5, darkCounts, "/exchange/data_dark", file)
            if let angles {
                try file.write((0..<angles).map { 180 * Double($0) / Double(angles) }, to: "/exchange/theta")
            }
            try file.close()
        }

        private func frames(_ count: Int, _ value: UInt16, _ name: String, _ file: borrowing HDF5File) throws {
            let pixels = [count, shape[1], shape[2]]
            let type: ElementType = badPixel == nil ? .u16 : .f32
            let dataset = try file.createDataset(name, shape: pixels, of: type)
            var values = [Float](repeating: Float(value), count: pixels.reduce(1, *))
            if name == "/exchange/data", let bad = badPixel {
                values[(bad[0] * shape[1] + bad[1]) * shape[2] + bad[2]] = .nan
            }
            if badPixel == nil { try dataset.writeAll(values.map { UInt16($0) }) } else { try dataset.writeAll(values) }
        }
    }

    static let mistakes = [
        Mistake(
            name: "no angles", summary: "there are no angles",
            hint: "give --angles FILE with an angle on each line", angles: nil),
        Mistake(
            name: "too few angles", summary: "there are 50 angles for 60 projections",
            hint: "every projection needs its angle; --angles FILE gives another list", object: "/exchange/theta",
            angles: 50),
        Mistake(
            name: "no dataset of flats", summary: "there are no flats",
            hint: "without an image of the beam the projections cannot be normalised; give --flats FILE", flats: nil),
        Mistake(
            name: "no flats", summary: "there are no flats",
            hint: "without an image of the beam the projections cannot be normalised; give --flats FILE", flats: 0),
        Mistake(
            name: "black flats", summary: "the flats are zero everywhere",
            hint: "was the shutter closed? Without an image of the beam the projections cannot be normalised",
            object: "/exchange/data_white",
            flatCounts: 0),
        Mistake(
            name: "a pixel that is no number",
            summary: "projection 40 has a pixel that is NaN or infinite, in row 2, column 7",
            hint: "repair the data, or give --allow-non-finite to count such pixels as air", object: "/exchange/data",
            badPixel: [40, 2, 7]),
        Mistake(
            name: "one column", summary: "projections are 4 x 1 pixels",
            hint: "a reconstruction needs at least one row and two columns", object: "/exchange/data",
            shape: [60, 4, 1]),
        Mistake(
            name: "one projection", summary: "there is only one projection",
            hint: "a reconstruction needs projections from many angles", shape: [1, 4, 48], angles: 1),
    ]

    private static let run = ["run", "--input", "scan.h5", "--output", "v.h5", "--centre", "20", "--log", "log"]

    @Test("wrong data end a run with status 65, a line that names file and dataset, and a hint", arguments: mistakes)
    func data(_ mistake: Mistake) throws {
        try mistake.write(to: folder("scan.h5"))
        let outcome = try Program.run(Self.run + ["--tiff", "t"], in: folder)
        #expect(outcome.status == 65)
        let place = mistake.object.map { "scan.h5, \($0)" } ?? "scan.h5"
        #expect(outcome.errorLines == ["error: \(place): \(mistake.summary)", "hint: \(mistake.hint)"])
        #expect(outcome.output == "")
        #expect(folder.names() == ["log", "scan.h5"])
    }

    @Test("projections before a bad one are recorded and can be replayed; counted as air, the bad one is no obstacle")
    func badPixel() async throws {
        var mistake = Self.mistakes[5]
        // Frames of 1 MB, so that the bad one is not in the first block that is read.
        mistake.shape = [60, 4, 65_536]
        try mistake.write(to: folder("scan.h5"))
        #expect(try Program.run(Self.run, in: folder).status == 65)
        let recorded = try await Recorded.projections(log: folder("log"))
        #expect(!recorded.isEmpty && recorded.count <= 40)
        #expect(recorded.enumerated().allSatisfy { $0.offset == $0.element.index })
        try folder.remove("scan.h5")
        try Self.mistakes[5].write(to: folder("scan.h5"))
        let allowing = try Program.run(Self.run + ["--allow-non-finite"], in: folder)
        #expect(allowing.status == 0)
        #expect(allowing.errorLines == ["warning: projection 40 has 1 pixels that are not finite: they count as air"])
        #expect(try Volume(folder("v.h5")).slices.allSatisfy { $0.allSatisfy(\.isFinite) })
    }

    @Test("a file that is not there, is a folder without images, is no scan or is cut off is told apart")
    func file() throws {
        let missing = try Program.run(Self.run, in: folder)
        #expect(missing.status == 66)
        #expect(missing.errorLines.first == "error: scan.h5: no such file or folder")
        #expect(missing.errorLines.count == 2 && missing.errorLines[1].hasPrefix("hint: "))
        let directory = try Program.run(["run", "--input", ".", "--output", "v.h5", "--log", "log"], in: folder)
        #expect(directory.status == 65)
        #expect(
            directory.errorLines == [
                "error: .: the folder holds no TIFF files",
                "hint: name the folder of the images themselves, whose names end in .tif or .tiff",
            ])
        try Data("not HDF5\n".utf8).write(to: URL(fileURLWithPath: folder("scan.h5")))
        let text = try Program.run(Self.run, in: folder)
        #expect(text.status == 65)
        #expect(text.errorLines.first == "error: scan.h5: is neither an HDF5 nor a TIFF file")
        #expect(text.errorLines.count == 2 && text.errorLines[1].hasPrefix("hint: "))
        try Data().write(to: URL(fileURLWithPath: folder("scan.h5")))
        let empty = try Program.run(Self.run, in: folder)
        #expect(empty.status == 65)
        #expect(empty.errorLines.first == "error: scan.h5: is empty, 0 bytes")
        try folder.remove("scan.h5")
        try Scans.stone(rows: 2).write(to: folder("whole.h5"))
        let whole = try folder.data("whole.h5")
        for part in [whole.count / 10, whole.count / 2, whole.count - 1] {
            try whole.prefix(part).write(to: URL(fileURLWithPath: folder("scan.h5")))
            let cut = try Program.run(Self.run, in: folder)
            #expect(cut.status == 65)
            #expect(cut.errorLines.first?.hasPrefix("error: scan.h5: is cut off or still being written") == true)
            #expect(cut.errorLines.count == 2 && cut.errorLines[1].hasPrefix("hint: "))
        }
        #expect(folder.names() == ["log", "scan.h5", "whole.h5"])
    }

    @Test("an output that exists is refused before anything is recorded, and replaced where that is asked for")
    func existing() async throws {
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
        try Data("precious".utf8).write(to: URL(fileURLWithPath: folder("v.h5")))
        let refused = try Program.run(Self.run, in: folder)
        #expect(refused.status == 74)
        #expect(
            refused.errorLines == [
                "error: v.h5: exists already", "hint: remove it, choose another name, or give --overwrite",
            ])
        #expect(try folder.text("v.h5") == "precious")
        #expect(try await Recorded.scans(log: folder("log")).isEmpty)
        #expect(try Program.run(Self.run + ["--overwrite"], in: folder).status == 0)
        #expect(try Volume(folder("v.h5")).slices.count == 2)
        for option in ["--tiff", "--preview"] {
            #expect(try Program.run(Self.run + ["--overwrite", option, "images"], in: folder).status == 0)
            let again = try Program.run(
                ["replay", "--log", "log", "--centre", "20", "--output", "w.h5", option, "images"], in: folder)
            #expect(again.status == 74)
            #expect(again.errorLines.count == 2 && again.errorLines[1].contains("--overwrite"))
            #expect(try Program.run(Self.run + ["--overwrite", option, "images"], in: folder).status == 0)
            try folder.remove("images")
        }
        #expect(folder.names() == ["log", "scan.h5", "v.h5", "v.h5.provenance.json"])
    }

    @Test(
        "an output that cannot be made is told of before anything is recorded",
        arguments: ["none/v.h5", "/proc/v.h5", "folder"], ["--output", "--tiff", "--preview"])
    func unwritable(path: String, option: String) async throws {
        // A folder for pictures may be there, and is made with the folders above it.
        guard option == "--output" || path == "/proc/v.h5" || option == "--tiff" && path == "none/v.h5" else { return }
        try FileManager.default.createDirectory(atPath: folder("folder"), withIntermediateDirectories: false)
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
        let outcome = try Program.run(
            ["run", "--input", "scan.h5", "--centre", "20", "--log", "log", "--overwrite", option, path], in: folder)
        #expect(outcome.status == 74)
        #expect(outcome.errorLines.count == 2)
        #expect(outcome.errorLines.first?.hasPrefix("error: \(path): ") == true)
        #expect(outcome.errorLines.last?.hasPrefix("hint: ") == true)
        #expect(!outcome.errors.contains("does not exist") || path == "none/v.h5")
        #expect(try await Recorded.scans(log: folder("log")).isEmpty)
        #expect(folder.names() == ["folder", "log", "scan.h5"])
        #expect(folder.names(in: "folder").isEmpty)
    }

    @Test(
        "a full disk under an output ends the run with status 74 and leaves nothing there; what was recorded replays",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"), arguments: ["--output", "--tiff", "--preview"])
    func fullOutput(option: String) async throws {
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
        let disk = try MemoryDisk("size=16k", at: folder("disk"))
        defer { disk.unmount() }
        let outputs = option == "--output" ? [] : ["--output", "v.h5"]
        let outcome = try Program.run(
            ["run", "--input", "scan.h5", "--centre", "50.3", "--log", "log", "--window", "180deg"] + outputs
                + [option, "disk/out"], in: folder)
        #expect(outcome.status == 74)
        #expect(outcome.errorLines.count == 2)
        #expect(outcome.errorLines.first?.hasPrefix("error: disk/out") == true)
        #expect(outcome.errorLines.first?.hasSuffix("No space left on device") == true)
        #expect(!outcome.errors.contains("partial"))
        // Pictures that were shown stay, as whole ones.
        #expect(folder.names(in: "disk") == (option == "--preview" ? ["out"] : []))
        #expect(folder.names(in: "disk/out").allSatisfy { !$0.hasPrefix(".") })
        #expect(folder.names() == ["disk", "log", "scan.h5"])
        try Program.succeed("replay", "--log", "log", "--centre", "50.3", "--output", "replay.h5", in: folder)
        try Program.succeed(
            "run", "--input", "scan.h5", "--log", "again", "--centre", "50.3", "--output", "run.h5", in: folder)
        #expect(try folder.data("replay.h5") == folder.data("run.h5"))
    }

    @Test(
        "a full disk under the log ends the run with status 74; what was acknowledged replays",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func fullLog() async throws {
        try Scans.stone(rows: 8, angles: 2000).write(to: folder("scan.h5"))
        let disk = try MemoryDisk("size=2m", at: folder("disk"))
        defer { disk.unmount() }
        let outcome = try Program.run(
            ["run", "--input", "scan.h5", "--centre", "50.3", "--log", "disk/log", "--output", "v.h5", "--no-checksum"]
                + ["--batch-size", "8", "--progress", "json"], in: folder)
        #expect(outcome.status == 74)
        let told = outcome.errorLines.filter { !$0.hasPrefix("{") }
        #expect(told.count == 2)
        #expect(
            told.first?.hasPrefix("error: no space left to ") == true && told.first?.contains("disk/log") == true)
        #expect(told.last?.hasPrefix("hint: ") == true)
        #expect(folder.names() == ["disk", "scan.h5"])
        let recorded = try await Recorded.projections(log: folder("disk/log")).count
        #expect(recorded >= Progress.acknowledged(in: outcome.errors))
        #expect(recorded > 0 && recorded < 2000)
        try Program.succeed("replay", "--log", "disk/log", "--centre", "50.3", "--output", "replay.h5", in: folder)
        try Scans.copy(folder("scan.h5"), projections: 0..<recorded, to: folder("part.h5"))
        try Program.succeed(
            "run", "--input", "part.h5", "--log", "part", "--centre", "50.3", "--output", "run.h5", "--no-checksum",
            in: folder)
        #expect(try folder.data("replay.h5") == folder.data("run.h5"))
    }

    @Test(
        "a file system that is mounted read-only is named as the reason",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func readOnly() async throws {
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
        let disk = try MemoryDisk("ro", at: folder("disk"))
        defer { disk.unmount() }
        let output = try Program.run(
            ["run", "--input", "scan.h5", "--output", "disk/v.h5", "--log", "log"], in: folder)
        #expect(output.status == 74)
        #expect(
            output.errorLines == [
                "error: disk/v.h5: cannot be created: Read-only file system",
                "hint: the file system is mounted read-only: choose another folder",
            ])
        let log = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.h5", "--log", "disk/log"], in: folder)
        #expect(log.status == 74)
        #expect(log.errorLines.count == 2 && log.errorLines.first?.contains("disk/log") == true)
        #expect(!folder.contains("v.h5"))
    }
}
