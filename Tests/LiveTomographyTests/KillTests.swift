import Foundation
import PenstockFormats
import PenstockTesting
import TestSupport
import Testing

/// What the signal finds the program doing cannot be chosen, so the moments are drawn, from a printed seed.
@Suite struct KillTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let rounds = ProcessInfo.processInfo.environment["PENSTOCK_KILL_ROUNDS"].flatMap(Int.init) ?? 5
    private static let angles = 1500
    // Volumes of a part of the scan are compared with those of a file that has this part only.
    private static let run = [
        "run", "--input", "scan.h5", "--no-checksum", "--centre", "33", "--batch-size", "1", "--progress", "json",
    ]

    private func writeScan() throws -> [UInt16] {
        // Many turns, so that the angles of a short part of the scan do not look like radians.
        try Scans.stone(columns: 64, rows: 2, angles: Self.angles, degrees: 3600, centre: 33).write(
            to: folder("scan.h5"))
        return try HDF5File(opening: folder("scan.h5")).dataset("/exchange/data").readAll()
    }

    @Test("kill -9 loses nothing acknowledged, and the replay is that of a scan of those projections alone")
    func kill() async throws {
        let pixels = try writeScan()
        let frame = 64 * 2
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SeededRandom(seed: seed)
        print("kill -9: \(Self.rounds) rounds, seed \(seed)")
        var inTheMiddle = 0
        for round in 0..<Self.rounds {
            let log = "log\(round)"
            let program = try Program(Self.run + ["--output", "v.h5", "--log", log], in: folder)
            let target = Int.random(in: 2..<Self.angles * 3 / 4, using: &generator)
            _ = try program.waitForAcknowledged(target)
            usleep(UInt32.random(in: 0..<20_000, using: &generator))
            program.send(SIGKILL)
            let outcome = try program.wait()
            let acknowledged = Progress.acknowledged(in: outcome.errors)
            guard outcome.wasKilled else {
                try folder.remove("v.h5")
                continue
            }
            #expect(!folder.contains("v.h5"))
            let recorded = try await Recorded.projections(log: folder(log))
            #expect(recorded.count >= acknowledged, "round \(round) of seed \(seed)")
            if recorded.count < Self.angles { inTheMiddle += 1 }
            for (index, projection) in recorded.enumerated() {
                let expected = pixels[index * frame..<(index + 1) * frame]
                let isEqual = projection.pixels.withValues(of: UInt16.self) { $0.elementsEqual(expected) }
                #expect(isEqual && projection.index == index, "projection \(index), round \(round) of seed \(seed)")
            }
            try Scans.copy(folder("scan.h5"), projections: 0..<recorded.count, to: folder("part.h5"))
            try Program.succeed("replay", "--log", log, "--centre", "33", "--output", "replay.h5", in: folder)
            try Program.succeed(
                "run", "--input", "part.h5", "--no-checksum", "--log", "part", "--centre", "33", "--output",
                "expected.h5",
                in: folder)
            #expect(try folder.data("replay.h5") == folder.data("expected.h5"), "round \(round) of seed \(seed)")
            print("  killed at \(acknowledged) acknowledged, \(recorded.count) recorded")
            for name in ["part.h5", "part", "replay.h5", "expected.h5"] { try folder.remove(name) }
        }
        #expect(inTheMiddle > 0, "no kill hit the middle: the scan is too short for this machine")
    }

    @Test("a run into a topic whose writer was killed is a new scan behind the broken one")
    func runAgain() async throws {
        _ = try writeScan()
        let program = try Program(Self.run + ["--output", "v.h5", "--log", "log"], in: folder)
        #expect(try program.waitForAcknowledged(50))
        program.send(SIGKILL)
        _ = try program.wait()
        try Scans.copy(folder("scan.h5"), projections: 0..<40, to: folder("part.h5"))
        try Program.succeed(
            "run", "--input", "part.h5", "--log", "log", "--centre", "33", "--output", "second.h5", in: folder)
        let scans = try await Recorded.scans(log: folder("log"))
        #expect(scans.map(\.scan.number) == [1, 2])
        #expect(scans.map { $0.endOffset == nil } == [true, false])
        try Program.succeed("replay", "--log", "log", "--centre", "33", "--output", "replay.h5", in: folder)
        #expect(try folder.data("replay.h5") == folder.data("second.h5"))
        try Program.succeed(
            "replay", "--log", "log", "--centre", "33", "--scan", "1", "--output", "first.h5", in: folder)
        #expect(try folder.data("first.h5") != folder.data("second.h5"))
    }

    @Test("Ctrl-C ends the program with status 130 and keeps what was recorded, without an output")
    func interrupt() async throws {
        _ = try writeScan()
        let program = try Program(Self.run + ["--output", "v.h5", "--tiff", "t", "--log", "log"], in: folder)
        #expect(try program.waitForAcknowledged(50))
        program.send(SIGINT)
        let outcome = try program.wait()
        #expect(outcome.status == 130 && !outcome.wasKilled)
        #expect(folder.names() == ["log", "scan.h5"])
        let recorded = try await Recorded.projections(log: folder("log")).count
        #expect(recorded >= Progress.acknowledged(in: outcome.errors))
        #expect(recorded < Self.angles)
        #expect(outcome.errors.contains("stopped; "))
        let replay = try Program.run("replay", "--log", "log", "--centre", "33", "--output", "replay.h5", in: folder)
        #expect(replay.status == 0)
        #expect(
            replay.errors.contains(
                "warning: the scan was broken off: it has \(recorded) of the \(Self.angles) projections that it announced"
            ))
        try Scans.copy(folder("scan.h5"), projections: 0..<recorded, to: folder("part.h5"))
        try Program.succeed(
            "run", "--input", "part.h5", "--no-checksum", "--log", "part", "--centre", "33", "--output", "expected.h5",
            in: folder)
        #expect(try folder.data("replay.h5") == folder.data("expected.h5"))
    }
}
