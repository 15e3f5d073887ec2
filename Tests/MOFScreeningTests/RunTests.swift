import Foundation
import TestSupport
import Testing

@Suite struct RunTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Structures.write(to: folder)
    }

    static let quick = ["--insertions", "200", "--gcmc", "0.15bar", "--cycles", "20"]

    @Test("every file has a row with a status, in natural order, in CSV and in JSON lines")
    func rows() throws {
        let outcome = try Program.run(["run", "--input", "structures"] + Self.quick, in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let rows = try Rows.read(folder, "results.jsonl")
        #expect(
            rows.map { $0["name"] as? String } == [
                "cut", "empty", "fluoride", "mof-1", "mof-2", "mof-3", "mof-10", "overlap",
            ])
        #expect(
            rows.map { $0["status"] as? String } == [
                "failed", "failed", "flagged", "flagged", "flagged", "flagged", "flagged", "rejected",
            ])
        for row in rows where row["status"] as? String == "flagged" {
            #expect(row["henry_mol_kg_pa"] is Double && row["uptake_0.15bar_mol_kg"] is Double)
            #expect(row["uptake_1bar_mol_kg"] is NSNull && row["cpu_s"] is NSNull)
        }
        let flags = rows[4]["flags"] as? String ?? ""
        #expect(flags.split(separator: " ").contains("duplicate"))
        let table = try folder.text("results.csv").split(separator: "\n")
        #expect(table.count == rows.count + 1)
        #expect(table[0].hasPrefix("name,n_atoms,density_g_cm3,lcd,pld,"))
        let page = try folder.text("results.html")
        #expect(page.contains("mof-10") && page.contains("2 failed"))
        #expect(outcome.output.contains("8 structures recorded in penstock-log"))
    }

    @Test("workers, parallelism and batches change no byte")
    func sameBytes() throws {
        var results: [[String: Data]] = []
        for (number, options) in [
            ["--workers", "1", "--parallelism", "1"], ["--workers", "2", "--parallelism", "2", "--batch-size", "1"],
            ["--workers", "3", "--parallelism", "2", "--batch-size", "3"],
        ].enumerated() {
            let name = "out\(number)"
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
            let outcome = try Program.run(
                ["run", "--input", "structures", "--log", "log\(number)", "--output", "\(name)/r.csv"] + options
                    + Self.quick,
                in: folder)
            try #require(outcome.status == 0, "\(outcome.errors)")
            results.append(try files(in: name))
        }
        #expect(results[0].count == 3)
        for result in results { #expect(result == results[0]) }
    }

    @Test("equilibrated charges count for every structure, and workers change no byte of what comes of them")
    func equilibratedCharges() throws {
        for name in ["a", "b"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
            let model = ["--charges", "eqeq", "--insertions", "200", "--workers", name == "a" ? "1" : "3"]
            let outcome = try Program.run(
                ["run", "--input", "structures", "--log", "log-\(name)", "--output", "\(name)/r.csv"] + model,
                in: folder)
            try #require(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try files(in: "a") == files(in: "b"))
        let rows = try Rows.read(folder, "a/r.jsonl").filter { $0["henry_mol_kg_pa"] is Double }
        #expect(rows.count == 5)
        for row in rows {
            #expect((row["flags"] as? String ?? "").split(separator: " ").contains("chargesEquilibrated"))
            #expect(row["henry_mol_kg_pa"] as? Double != row["henry_nocharge_mol_kg_pa"] as? Double)
        }
    }

    @Test("a replay needs no files and gives the same bytes; other thresholds give other rows")
    func replay() throws {
        for name in ["a", "b", "c"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
        }
        try Program.succeed(
            "run", "--input", "structures", "--output", "a/r.csv", "--insertions", "200", in: folder)
        try folder.remove("structures")
        try Program.succeed("replay", "--output", "b/r.csv", "--insertions", "200", in: folder)
        #expect(try files(in: "a") == files(in: "b"))
        try Program.succeed("replay", "--output", "c/r.csv", "--insertions", "200", "--min-pld", "50", in: folder)
        let rows = try Rows.read(folder, "c/r.jsonl")
        #expect(rows.count == 8)
        let rejected = rows.filter { ($0["flags"] as? String ?? "").hasPrefix("belowMinPLD") }
        #expect(rejected.count == 5)
        for row in rejected { #expect(row["lcd"] is Double && row["henry_mol_kg_pa"] is NSNull) }
    }

    @Test("another gas, a mixture and a cycle have columns, and these fit together")
    func process() throws {
        try Program.succeed(
            "run", "--input", "structures/mof-1.cif", "--insertions", "200", "--gcmc", "1bar", "--cycles", "20",
            "--over", "n2", "--fraction", "0.15", "--desorption", "0.1bar", in: folder)
        let row = try #require(try Rows.read(folder, "results.jsonl").first)
        func value(_ name: String) throws -> Double { try #require(row[name] as? Double, "\(name)") }
        func expect(_ name: String, _ expected: Double) throws {
            #expect(abs(try value(name) - expected) <= 2e-6 * abs(expected), "\(name)")
        }
        try expect("selectivity_n2", try value("henry_mol_kg_pa") / value("henry_n2_mol_kg_pa"))
        let (full, empty) = (try value("uptake_1bar_mol_kg"), try value("uptake_0.1bar_mol_kg"))
        try expect("working_capacity_1bar_mol_kg", full - empty)
        try expect("regenerability_1bar_percent", 100 * (full - empty) / full)
        let ratio = try value("mixture_1bar_co2_mol_kg") / value("mixture_1bar_n2_mol_kg")
        try expect("mixture_1bar_selectivity", ratio * 0.85 / 0.15)
        try expect("performance_1bar_mol_kg", try value("mixture_1bar_selectivity") * (full - empty))
        #expect(try value("selectivity_n2_err") > 0)
    }

    /// What a run wrote, without what tells of the run itself.
    private func files(in name: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for file in folder.names(in: name) where !file.hasSuffix(".provenance.json") {
            files[file] = try folder.data("\(name)/\(file)")
        }
        return files
    }
}
