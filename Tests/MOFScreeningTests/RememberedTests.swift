import Foundation
import TestSupport
import Testing

/// What tiers find is remembered in the log: runs and replays compute only what depends on what has changed.
@Suite(.serialized) struct RememberedTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder.inMemory()
        try Structures.write(to: folder)
    }

    /// How many structures each tier computed, and of how many the log had it; only tiers that had any are there.
    private struct Work: Equatable, CustomStringConvertible {
        var computed: [String: Int] = [:]
        var remembered: [String: Int] = [:]

        init(computed: [String: Int] = [:], remembered: [String: Int] = [:]) {
            (self.computed, self.remembered) = (computed, remembered)
        }

        /// From lines such as `screening/pores: 5 answers remembered, 0 computed`.
        init(_ outcome: Outcome) {
            for line in outcome.output.split(separator: "\n") {
                guard let match = line.wholeMatch(of: /screening\/(\w+): (\d+) answers? remembered, (\d+) computed/)
                else { continue }
                let tier = String(match.1)
                if let count = Int(match.2), count > 0 { remembered[tier] = count }
                if let count = Int(match.3), count > 0 { computed[tier] = count }
            }
        }

        var description: String { "computed \(computed), remembered \(remembered)" }
    }

    /// Screens, and gives back what was done for it and what came of it.
    @discardableResult private func screen(_ arguments: [String], to name: String) throws -> (
        work: Work, files: [String: Data]
    ) {
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
        let outcome = try Program.run(
            [arguments[0], "--output", "\(name)/r.csv", "--overwrite", "--insertions", "200", "--cycles", "20"]
                + arguments.dropFirst(), in: folder)
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        var files: [String: Data] = [:]
        for file in folder.names(in: name) where !file.hasSuffix(".provenance.json") {
            files[file] = try folder.data("\(name)/\(file)")
        }
        return (Work(outcome), files)
    }

    // Of the eight files three are out behind the first tier: one is cut off, one empty, and one has atoms that overlap.
    private static let all = ["validity": 8, "pores": 5, "widom": 5, "gcmc": 5]
    private static let run = ["run", "--input", "structures", "--gcmc", "0.15bar"]
    private static let replay = ["replay", "--gcmc", "0.15bar"]

    @Test("the same model computes nothing again, in a replay or in another run, and gives the same bytes")
    func same() throws {
        let first = try screen(Self.run, to: "first")
        #expect(first.work == Work(computed: Self.all))
        let replayed = try screen(Self.replay + ["--workers", "1", "--batch-size", "1"], to: "replayed")
        #expect(replayed.work == Work(remembered: Self.all))
        #expect(replayed.files == first.files)
        let again = try screen(Self.run, to: "again")
        #expect(again.work == Work(remembered: Self.all))
        #expect(again.files == first.files)
        // Without what is remembered everything is computed, and is the same.
        for tier in Self.all.keys { try folder.remove("penstock-log/\(tier)") }
        let afresh = try screen(Self.replay, to: "afresh")
        #expect(afresh.work == Work(computed: Self.all))
        #expect(afresh.files == first.files)
    }

    @Test("another force field computes energies again, and neither validity nor pores")
    func forceField() throws {
        let first = try screen(Self.run, to: "first")
        let geometry = ["validity": 8, "pores": 5]
        let energies = ["widom": 5, "gcmc": 5]
        let dreiding = try screen(Self.replay + ["--force-field", "dreiding"], to: "dreiding")
        #expect(dreiding.work == Work(computed: energies, remembered: geometry))
        #expect(dreiding.files["r.csv"] != first.files["r.csv"])
        // As a run that has never seen the other force field.
        let whole = try screen(Self.run + ["--force-field", "dreiding", "--log", "other"], to: "whole")
        #expect(whole.work == Work(computed: Self.all))
        #expect(whole.files == dreiding.files)
        // Both are known by now.
        #expect(try screen(Self.replay, to: "uff").files == first.files)
        #expect(try screen(Self.replay + ["--force-field", "dreiding"], to: "d").work == Work(remembered: Self.all))
    }

    @Test("thresholds compute nothing, and further pressures compute loadings only")
    func thresholds() throws {
        try screen(Self.run, to: "first")
        let rows = try Rows.read(folder, "first/r.jsonl")
        let diameters = rows.compactMap { $0["pld"] as? Double }.sorted()
        try #require(diameters.count == 5 && diameters[1] < diameters[2], "\(diameters)")
        let narrow = try screen(Self.replay + ["--min-pld", "\(diameters[2])"], to: "narrow")
        #expect(narrow.work == Work(remembered: ["validity": 8, "pores": 5, "widom": 3, "gcmc": 3]))
        let more = try screen(["replay", "--gcmc", "0.15bar,1bar"], to: "more")
        #expect(more.work == Work(computed: ["gcmc": 5], remembered: ["validity": 8, "pores": 5, "widom": 5]))
        let none = try screen(["replay"], to: "none")
        #expect(none.work == Work(remembered: ["validity": 8, "pores": 5, "widom": 5]))
    }

    @Test("a file that has changed or is new is computed, and no other")
    func files() throws {
        try screen(Self.run, to: "first")
        try folder.write(Structures.cif(edge: 7.1, other: "N"), to: "structures/mof-3.cif")
        try folder.write(Structures.cif(edge: 7.2, other: "F"), to: "structures/mof-20.cif")
        let second = try screen(Self.run, to: "second")
        let one = ["validity": 2, "pores": 2, "widom": 2, "gcmc": 2]
        #expect(second.work == Work(computed: one, remembered: ["validity": 7, "pores": 4, "widom": 4, "gcmc": 4]))
        #expect(try Rows.read(folder, "second/r.jsonl").count == 9)
    }

    @Test("what was found before kill -9 is not computed by the run after it, without checkpoints")
    func kill() throws {
        try FileManager.default.createDirectory(atPath: folder("many"), withIntermediateDirectories: false)
        let count = 12
        for number in 0..<count {
            try folder.write(Structures.cif(edge: 6.4 + 0.1 * Double(number)), to: "many/mof-\(number).cif")
        }
        let arguments = ["run", "--input", "many", "--insertions", "5000", "--workers", "1"]
        let program = try Program(arguments + ["--stats-json", "--stats-every", "100ms"], in: folder)
        while program.isRunning, Self.computed("screening/pores", in: program.errors) < 2 { usleep(2000) }
        program.send(SIGKILL)
        let killed = try program.wait()
        let found = Self.computed("screening/pores", in: killed.errors)
        try #require(found >= 2, "\(killed.errors)")
        #expect(killed.wasKilled, "there are too few structures for this machine")
        let after = try screen(arguments, to: "after")
        print("killed behind \(found) structures at least: then \(after.work)")
        #expect(after.work.remembered["pores", default: 0] >= found)
        for tier in ["validity", "pores", "widom"] {
            #expect(after.work.remembered[tier, default: 0] + after.work.computed[tier, default: 0] == count)
        }
        let undisturbed = try screen(arguments + ["--log", "other"], to: "undisturbed")
        #expect(after.files == undisturbed.files)
    }

    /// The last number of structures that an operator said to have computed.
    private static func computed(_ name: String, in errors: String) -> Int {
        struct Figures: Decodable {
            struct Stage: Decodable { let operators: [Operator] }
            struct Operator: Decodable {
                let name: String
                let askedEvents: Int
            }
            let stages: [Stage]
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let figures = errors.split(separator: "\n").compactMap {
            try? decoder.decode(Figures.self, from: Data($0.utf8))
        }
        let operators = figures.flatMap(\.stages).flatMap(\.operators)
        return operators.filter { $0.name == name }.map(\.askedEvents).max() ?? 0
    }
}
