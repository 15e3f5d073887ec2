import Foundation
import TestSupport
import Testing

/// Runs with checkpoints that are killed and started again, with the same command, until they come to their end. What the signal finds the
/// program doing cannot be chosen, so the moments are drawn, from a printed seed.
@Suite(.serialized) struct RestartTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder.inMemory() }

    private static let structures = 12
    private static let run = [
        "run", "--input", "structures", "--insertions", "300", "--gcmc", "0.15bar", "--cycles", "20", "--workers", "2",
        "--batch-size", "2", "--checkpoint-every", "50ms", "--overwrite",
    ]
    private static let search = [
        "generate", "--target", "density", "--budget", "120", "--compare-random", "--workers", "2", "--batch-size", "4",
        "--checkpoint-every", "50ms", "--overwrite",
    ]

    @Test("kill -9 at any moment and the same command again give the files of an undisturbed run, byte by byte")
    func kill() throws {
        try FileManager.default.createDirectory(atPath: folder("structures"), withIntermediateDirectories: false)
        for number in 0..<Self.structures {
            let other = ["O", "N", "S", "F"][number % 4]
            try folder.write(
                Structures.cif(edge: 6.4 + 0.02 * Double(number), other: other), to: "structures/mof-\(number).cif")
        }
        try compare(Self.run)
        #expect(try Rows.read(folder, "whole/r.jsonl").count == Self.structures)
    }

    @Test("a search that is killed goes on with what it had learned, to the files of an undisturbed one")
    func killedSearch() throws {
        try compare(Self.search)
        #expect(try Rows.read(folder, "whole/r.jsonl").count == 240)
    }

    /// Runs a command undisturbed, and with kills, and compares the files.
    private func compare(_ command: [String]) throws {
        for name in ["whole", "broken"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
        }
        let start = ContinuousClock.now
        let whole = try Program.run(command + ["--log", "log", "--output", "whole/r.csv"], in: folder)
        try #require(whole.status == 0, "\(whole.errors)")
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = Draws(state: seed)
        let arguments = command + ["--log", "broken-log", "--output", "broken/r.csv"]
        var hits = 0
        for _ in 0..<3 {
            let program = try Program(arguments, in: folder)
            usleep(UInt32(seconds * Double.random(in: 0.2..<0.7, using: &generator) * 1e6))
            program.send(SIGKILL)
            if try program.wait().wasKilled { hits += 1 }
        }
        let last = try Program.run(arguments, in: folder)
        try #require(last.status == 0, "\(last.errors)")
        print("kill -9 and again: \(hits) kills, seed \(seed)")
        #expect(hits > 0, "no kill hit: there are too few structures for this machine")
        let names = ["", "r-best/"].flatMap { place in folder.names(in: "whole/\(place)").map { place + $0 } }
        for name in names where !name.hasSuffix(".provenance.json") && !name.hasSuffix("-best") {
            #expect(try folder.data("broken/\(name)") == folder.data("whole/\(name)"), "\(name), seed \(seed)")
        }
    }
}

/// SplitMix64 (G. L. Steele et al., 2014, DOI 10.1145/2714064.2660195).
private struct Draws: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
