import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct AlgorithmTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let warmStart = [
        "--algorithm", "sirt", "--iterations", "2", "--warm-start", "--window", "180deg", "--centre", "16.4",
    ]

    private func writeScan(angles: Int = 60, degrees: Double = 180, rows: Int = 3) throws {
        try Scans.stone(columns: 32, rows: rows, angles: angles, degrees: degrees, centre: 16.4).write(
            to: folder("scan.h5"))
    }

    @Test(
        "every algorithm makes the volume, and the volume and its provenance name it and its parameters",
        arguments: [
            ("gridrec", ["--filter", "hann"], ["filter": "hann"]), ("fbp", [], ["filter": "shepp"]),
            (
                "sirt", ["--iterations", "20", "--non-negative"],
                ["iterations": "20", "non_negative": "true", "warm_start": "false"]
            ),
            ("mlem", ["--iterations", "10"], ["iterations": "10", "warm_start": "false"]),
            ("osem", ["--subsets", "6"], ["iterations": "5", "subsets": "6", "warm_start": "false"]),
            (
                "tv", ["--iterations", "20", "--tv-weight", "0.001"],
                ["iterations": "20", "tv_weight": "0.001", "non_negative": "false", "warm_start": "false"]
            ),
        ])
    func volume(algorithm: String, options: [String], parameters: [String: String]) throws {
        try writeScan()
        let outcome = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.h5", "--centre", "16.4", "--algorithm", algorithm] + options,
            in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let scan = Scans.stone(columns: 32, rows: 3, angles: 60, degrees: 180, centre: 16.4)
        let volume = try Volume(folder("v.h5"))
        for row in 0..<3 {
            let score = Score(volume.slices[row], scan.truth(row: row), size: 32, disk: 0.95)
            #expect(score.correlation > 0.9, "\(algorithm), row \(row): \(score.correlation)")
            #expect((0.7...1.1).contains(score.scale), "\(algorithm), row \(row): \(score.scale)")
        }
        let file = try HDF5File(opening: folder("v.h5"))
        let document = try JSONSerialization.jsonObject(with: folder.data("v.h5.provenance.json")) as? [String: Any]
        let found = document?["found"] as? [String: String]
        #expect(found?["algorithm"] == algorithm)
        #expect(try file.attribute("algorithm", of: "/process/reconstruction") == .text(algorithm))
        for (name, value) in parameters {
            #expect(try file.attribute(name, of: "/process/reconstruction") == .text(value), "\(name)")
            #expect(found?[name] == value || name == "warm_start", "\(name)")
        }
    }

    @Test("a warm start of a replay gives the bytes of the run, whoever looks on and on any number of threads")
    func replay() throws {
        try writeScan(angles: 90, degrees: 270)
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "run.h5", "--parallelism", "1"] + Self.warmStart, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let expected = try folder.data("run.h5")
        let others = [
            ["--parallelism", "2", "--preview", "p"], ["--parallelism", "4", "--batch-size", "1", "--tiff", "t"],
        ]
        for (number, other) in others.enumerated() {
            let replay = try Program.run(
                ["replay", "--output", "r\(number).h5"] + Self.warmStart + other, in: folder)
            #expect(replay.status == 0, "\(replay.errors)")
            #expect(try folder.data("r\(number).h5") == expected, "\(other)")
        }
        let cold = try Program.run(
            ["replay", "--output", "cold.h5"] + Self.warmStart.filter { $0 != "--warm-start" }, in: folder)
        #expect(cold.status == 0)
        #expect(try folder.data("cold.h5") != expected)
    }

    @Test("the replay of a killed run with a warm start is that of a scan of the recorded projections alone")
    func kill() async throws {
        try writeScan(angles: 1500, degrees: 3600, rows: 2)
        let options = Self.warmStart + ["--every", "90deg"]
        let program = try Program(
            [
                "run", "--input", "scan.h5", "--output", "v.h5", "--batch-size", "1", "--progress", "json",
                "--no-checksum",
            ]
                + options,
            in: folder)
        #expect(try program.waitForAcknowledged(200))
        program.send(SIGKILL)
        let outcome = try program.wait()
        #expect(outcome.wasKilled && !folder.contains("v.h5"))
        let recorded = try await Recorded.projections(log: folder("penstock-log")).count
        #expect(recorded >= Progress.acknowledged(in: outcome.errors))
        try Scans.copy(folder("scan.h5"), projections: 0..<recorded, to: folder("part.h5"))
        let replay = try Program.run(["replay", "--output", "replay.h5"] + options, in: folder)
        #expect(replay.status == 0, "\(replay.errors)")
        let expected = try Program.run(
            ["run", "--input", "part.h5", "--log", "part", "--output", "expected.h5", "--no-checksum"] + options,
            in: folder)
        #expect(expected.status == 0, "\(expected.errors)")
        #expect(try folder.data("replay.h5") == folder.data("expected.h5"))
    }

    @Test(
        "options that the algorithm does not have are refused with what they are for",
        arguments: [
            (["--iterations", "3"], "--iterations is for sirt, mlem, osem and tv; gridrec has none"),
            (
                ["--algorithm", "fbp", "--warm-start"],
                "--warm-start is for sirt, mlem, osem and tv; fbp begins with no image"
            ),
            (["--algorithm", "sirt", "--filter", "hann"], "--filter is for gridrec and fbp; sirt has none"),
            (["--algorithm", "sirt", "--subsets", "3"], "--subsets is for osem, not for sirt"),
            (["--algorithm", "osem", "--tv-weight", "0.1"], "--tv-weight is for tv, not for osem"),
            (
                ["--algorithm", "mlem", "--non-negative"],
                "--non-negative is for sirt and tv; mlem has no negative values anyway"
            ),
            (["--non-negative"], "--non-negative is for sirt and tv, not for gridrec"),
            (
                ["--algorithm", "sirt", "--warm-start"],
                "--warm-start needs windows that follow each other, such as --window 180deg; --window whole has one"
            ),
            (["--algorithm", "sirt", "--iterations", "0"], "--iterations must lie between 1 and 100000"),
            (["--algorithm", "osem", "--subsets", "0"], "--subsets must lie between 1 and 10000"),
            (["--algorithm", "tv", "--tv-weight", "nan"], "--tv-weight must lie between 0 and 1"),
        ])
    func refusals(options: [String], message: String) throws {
        let outcome = try Program.run(["run", "--input", "scan.h5", "--output", "v.h5"] + options, in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.errorLines.first == "error: \(message)")
        #expect(folder.names().isEmpty)
    }
}
