import Foundation
import PenstockFormats
import TestSupport
import Testing

/// Several processes share a scan by its rows.
@Suite struct PartTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func succeed(_ arguments: [String]) throws {
        let outcome = try Program.run(arguments, in: folder)
        try #require(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
    }

    @Test(
        "processes that share a scan by rows make the bytes of one",
        arguments: [
            (2, ""), (3, "--crop-rows 3:20 --binning 2 --zinger-threshold 0.15 --stripe all"),
            (2, "--paganin energy=20,distance=1,pixel=1,alpha=0.01 --tilt 0.5 --crop-rows 1:16"),
        ])
    func bytes(parts: Int, text: String) throws {
        try Scans.stone(rows: 22, angles: 30).write(to: folder("scan.h5"))
        let options =
            ["--centre", text.contains("binning") ? "24.9" : "50.3"] + text.split(separator: " ").map(String.init)
        try succeed(["run", "--input", "scan.h5", "--output", "whole.h5", "--log", "log"] + options)
        for part in 1...parts {
            // One process each; the second one of them reads what another has recorded of all rows.
            let source =
                part == 2 ? ["replay", "--log", "log"] : ["run", "--input", "scan.h5", "--log", "log\(part)"]
            try succeed(source + ["--part", "\(part)/\(parts)", "--output", "part\(part).h5"] + options)
        }
        let volumes = (1...parts).reversed().map { "part\($0).h5" }
        try succeed(["assemble", "--output", "v.h5"] + volumes)
        #expect(try folder.data("v.h5") == folder.data("whole.h5"))
        // What a part has recorded replays to the same bytes, too.
        try succeed(["replay", "--log", "log1", "--part", "1/\(parts)", "--output", "again.h5"] + options)
        #expect(try folder.data("again.h5") == folder.data("part1.h5"))
    }

    @Test("parts make the Zarr folder that one process makes")
    func zarr() throws {
        try Scans.stone(rows: 22, angles: 20).write(to: folder("scan.h5"))
        let options = ["--input", "scan.h5", "--centre", "50.3"]
        try succeed(["run", "--output", "v.zarr", "--log", "log"] + options)
        try FileManager.default.moveItem(atPath: folder("v.zarr"), toPath: folder("whole.zarr"))
        for part in 1...2 {
            try succeed(["run", "--output", "\(part).h5", "--log", "log\(part)", "--part", "\(part)/2"] + options)
        }
        try succeed(["assemble", "1.h5", "2.h5", "--output", "v.zarr"])
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder("whole.zarr")).sorted()
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder("v.zarr")).sorted() == names)
        #expect(names.count { $0.hasPrefix("0/") } > 3)
        for name in names
        where try FileManager.default.attributesOfItem(atPath: folder("whole.zarr/\(name)"))[.type]
            as? FileAttributeType == .typeRegular
        {
            #expect(try folder.data("v.zarr/\(name)") == folder.data("whole.zarr/\(name)"), "\(name)")
        }
    }

    @Test("a row without a live pixel at the edge of a part comes from the other side of the edge")
    func deadRow() throws {
        try Scans.stone(rows: 8, angles: 20).write(to: folder("scan.h5"))
        try Scans.change(folder("scan.h5"), to: folder("dead.h5")) { _, counts in
            for frame in 0..<counts.count / (8 * 96) {
                for column in 0..<96 { counts[(frame * 8 + 4) * 96 + column] = 7 }
            }
        }
        let options = ["--input", "dead.h5", "--centre", "50.3"]
        try succeed(["run", "--output", "whole.h5", "--log", "log"] + options)
        for part in 1...2 {
            try succeed(["run", "--output", "\(part).h5", "--log", "log\(part)", "--part", "\(part)/2"] + options)
        }
        try succeed(["assemble", "1.h5", "2.h5", "--output", "v.h5"])
        #expect(try folder.data("v.h5") == folder.data("whole.h5"))
    }

    @Test("what parts cannot do is refused before anything is read")
    func options() throws {
        let cases: [([String], String, String)] = [
            (["--part", "1/2"], "a part of a scan cannot find the rotation centre of the whole", "give --centre"),
            (
                ["--part", "1/2", "--centre", "50", "--output", "v.zarr"], "parts of a scan are HDF5 files",
                "give --output part.h5; LiveTomography assemble makes the Zarr folder of all parts"
            ),
            (
                ["--part", "1/2", "--centre", "50", "--rows", "3"],
                "--rows counts slices of the whole volume, not those of a part", "choose rows with --crop-rows"
            ),
        ]
        for (options, error, hint) in cases {
            let outcome = try Program.run(["run", "--input", "scan.h5"] + options, in: folder)
            #expect(outcome.status == 64)
            #expect(outcome.errorLines == ["error: \(error)", "hint: \(hint)"])
        }
        #expect(try Program.run(["run", "--input", "scan.h5", "--part", "3/2"], in: folder).status == 64)
        try Scans.stone(rows: 3, angles: 20).write(to: folder("scan.h5"))
        let empty = try Program.run(
            ["run", "--input", "scan.h5", "--centre", "50.3", "--part", "3/3", "--output", "v.h5"], in: folder)
        #expect(empty.status == 64)
        #expect(
            empty.errorLines == [
                "error: part 3/3 of the scan is empty: 3 rows become slices, which go by pairs",
                "hint: share the scan among fewer processes",
            ])
    }

    @Test("parts that do not make one volume are not put together, and it is said which and why")
    func misfits() throws {
        try Scans.stone(rows: 4, angles: 20).write(to: folder("scan.h5"))
        let run = ["run", "--input", "scan.h5"]
        try succeed(run + ["--output", "1.h5", "--log", "a", "--part", "1/2", "--centre", "50.3"])
        try succeed(run + ["--output", "2.h5", "--log", "b", "--part", "2/2", "--centre", "50"])
        try succeed(run + ["--output", "whole.h5", "--log", "c", "--centre", "50.3"])
        let cases = [
            (["1.h5"], "1.h5: of 2 parts there are 1", "give also part 2"),
            (["1.h5", "1.h5"], "1.h5: is part 1/2, and 1.h5 is part 1/2", "give each part of one division once"),
            (
                ["1.h5", "2.h5"], "2.h5: was made with centre 50.0, 1.h5 with 50.3",
                "make all parts of one scan with the same options"
            ),
            (
                ["whole.h5", "1.h5"], "whole.h5: is a volume, but not that of a part of a scan",
                "parts are made by run or replay with --part 1/2 and so on"
            ),
        ]
        for (parts, error, hint) in cases {
            let outcome = try Program.run(["assemble", "--output", "v.h5"] + parts, in: folder)
            #expect(outcome.status == 65)
            #expect(outcome.errorLines == ["error: \(error)", "hint: \(hint)"])
        }
        let replay = try Program.run(["replay", "--log", "a", "--centre", "50.3", "--output", "v.h5"], in: folder)
        #expect(replay.status == 64)
        #expect(
            replay.errorLines == [
                "error: part 1/2 of the scan was recorded, not the whole", "hint: give --part 1/2",
            ])
        #expect(!folder.contains("v.h5"))
    }
}
