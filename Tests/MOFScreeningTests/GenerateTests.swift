import Foundation
import TestSupport
import Testing

@Suite struct GenerateTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// A search that needs no pores, so that the loop has most of the time.
    private static let quick = ["generate", "--target", "density", "--budget", "60", "--compare-random"]

    @Test(
        "every candidate has a row with its proposal, and beside it are the ranking, the best structures and the page")
    func files() throws {
        let outcome = try Program.run(Self.quick + ["--best", "5"], in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let rows = try Rows.read(folder, "results.jsonl")
        #expect(rows.count == 120)
        for strategy in ["search", "random"] {
            let own = rows.filter { $0["strategy"] as? String == strategy }
            #expect(own.compactMap { $0["evaluation"] as? Int }.sorted() == Array(1...60), "\(strategy)")
            #expect(Set(own.compactMap { $0["name"] as? String }).count == 60)
        }
        for row in rows {
            let (round, version) = (row["round"] as? Int ?? 0, row["model_version"] as? Int ?? -1)
            let origin = row["origin"] as? String
            #expect((row["predicted"] is Double) == (origin != "random"))
            #expect((row["parent"] is String) == (origin == "neighbour"))
            #expect((row["digest"] as? String)?.count == 32)
            if row["strategy"] as? String == "random" || round <= 2 { #expect(version == 0 && origin == "random") }
            // What has been rejected teaches nothing: a model knows at most what came before its round.
            if row["strategy"] as? String == "search", round > 2 { #expect((2...10 * (round - 1)).contains(version)) }
        }
        let ranking = try folder.text("results-best.csv").split(separator: "\n")
        #expect(ranking.count == 6 && ranking[0].hasPrefix("rank,pareto,name,"))
        #expect(folder.names(in: "results-best").count == 5)
        let densities = rows.compactMap { row in
            row["strategy"] as? String == "search" ? row["target"] as? Double : nil
        }
        let best = try #require(rows.first { $0["target"] as? Double == densities.max() }?["name"] as? String)
        #expect(ranking[1].hasPrefix("1,false,\(best),"))
        let cif = try folder.text("results-best/01-\(best).cif")
        #expect(cif.hasPrefix("data_\(best)"))
        #expect(try folder.text("results.html").contains("How the search went"))
        #expect(outcome.output.contains("of 1543465 frameworks evaluated"))
    }

    @Test("half of the budget finds a higher mean of the best 10 than all of it in random order")
    func learns() throws {
        try Program.succeed(Self.quick, in: folder)
        let rows = try Rows.read(folder, "results.jsonl")
        func best(_ strategy: String, _ evaluations: Int) -> Double {
            let values = rows.compactMap { row -> Double? in
                guard row["strategy"] as? String == strategy, (row["evaluation"] as? Int ?? 0) <= evaluations else {
                    return nil
                }
                return row["target"] as? Double
            }
            return values.sorted(by: >).prefix(10).reduce(0, +) / 10
        }
        #expect(best("search", 30) > best("random", 60))
    }

    @Test("workers, parallelism, batches and a replay of the run change no byte")
    func sameBytes() throws {
        var results: [[String: Data]] = []
        for (number, options) in [
            ["--workers", "1", "--parallelism", "1"], ["--workers", "2", "--parallelism", "3", "--batch-size", "1"],
            ["--workers", "3", "--parallelism", "2", "--batch-size", "3"],
        ].enumerated() {
            results.append(try files(number, Self.quick + ["--log", "log\(number)"] + options))
        }
        results.append(
            try files(3, ["generate", "replay", "--of", "last"] + Self.quick.dropFirst() + ["--log", "log1"]))
        #expect(results[0].count == 24)
        for result in results { #expect(result == results[0]) }
    }

    @Test("frameworks go through pores and energies, and those below a threshold teach nothing")
    func tiers() throws {
        try Program.succeed(
            [
                "generate", "--linkers", "acetylene,benzene", "--budget", "2", "--round", "1", "--warm-up", "2",
                "--insertions", "200", "--min-pld", "7",
            ], in: folder)
        let rows = try Rows.read(folder, "results.jsonl")
        #expect(rows.count == 2)
        for row in rows {
            let isOpen = try #require(row["pld"] as? Double) >= 7
            #expect((row["henry_mol_kg_pa"] is Double) == isOpen && (row["target"] is Double) == isOpen)
            #expect((row["status"] as? String == "rejected") != isOpen)
            guard isOpen else { continue }
            let (henry, learned) = (row["target"] as? Double ?? 0, row["learned"] as? Double ?? 0)
            #expect(abs(learned - log10(henry)) < 1e-6)
        }
    }

    @Test("a search that runs freely evaluates its budget and at most what was waiting, each framework once")
    func freeRunning() throws {
        let outcome = try Program.run(
            ["generate", "--target", "density", "--budget", "60", "--free-running", "--workers", "2"], in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let rows = try Rows.read(folder, "results.jsonl")
        // Behind the last outcome that counts there are a round that waits, and what is in the two tiers and their queues.
        #expect((60...90).contains(rows.count))
        #expect(Set(rows.compactMap { $0["name"] as? String }).count == rows.count)
        #expect(rows.contains { ($0["model_version"] as? Int ?? 0) >= 20 })
        #expect(outcome.output.contains("newest/NewestFirst: "))
    }

    @Test("a search that is asked to stop says so, and the same command goes on with it")
    func stopped() throws {
        let arguments = ["generate", "--target", "density", "--budget", "150", "--checkpoint-every", "50ms"]
        let program = try Program(arguments, in: folder)
        while program.isRunning, folder.names(in: "penstock-log/outcomes/0").isEmpty { usleep(10_000) }
        program.send(SIGTERM)
        let outcome = try program.wait()
        #expect(outcome.status == 130 && !outcome.wasKilled, "\(outcome.errors)")
        #expect(outcome.errors.contains("stopped") && !folder.contains("results.csv"))
        try Program.succeed(arguments, in: folder)
        #expect(try Rows.read(folder, "results.jsonl").count == 150)
    }

    @Test("a search ends by itself where nothing is left to propose, and at once where its time is up")
    func ends() throws {
        try Program.succeed(
            ["generate", "--linkers", "acetylene,benzene,biphenyl", "--target", "density", "--warm-up", "4"], in: folder
        )
        #expect(try Rows.read(folder, "results.jsonl").count == 10)
        try Program.succeed(
            ["generate", "--target", "density", "--duration", "1ms", "--log", "short", "--output", "short.csv"],
            in: folder)
        #expect(try Rows.read(folder, "short.jsonl").count == 10)
        // A replay has its clock from the run.
        try Program.succeed(
            [
                "generate", "replay", "--of", "last", "--target", "density", "--duration", "1h", "--log", "short",
                "--output",
                "again.csv",
            ], in: folder)
        #expect(try folder.data("again.jsonl") == folder.data("short.jsonl"))
    }

    @Test(
        "options that cannot be meant are refused with the option's name",
        arguments: [
            ["--budget", "0"], ["--round", "0"], ["--warm-up", "1"], ["--best", "0"], ["--target", "beauty"],
            ["--linkers", "benzen"], ["--linkers", ""], ["--target", "uptake"],
            ["--target", "working-capacity", "--gcmc", "1bar"], ["--duration", "0s"],
            ["--compare-random", "--free-running"],
        ])
    func refused(_ options: [String]) throws {
        let outcome = try Program.run(["generate"] + options, in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(options[0]), "\(outcome.errors)")
    }

    /// What the program wrote into a folder of its own, without what tells of the run itself.
    private func files(_ number: Int, _ arguments: [String]) throws -> [String: Data] {
        let name = "out\(number)"
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
        try Program.succeed(arguments + ["--output", "\(name)/r.csv"], in: folder)
        var files: [String: Data] = [:]
        for place in [name, "\(name)/r-best"] {
            for file in folder.names(in: place) where file.contains(".") && !file.hasSuffix(".provenance.json") {
                files[file] = try folder.data("\(place)/\(file)")
            }
        }
        return files
    }
}
