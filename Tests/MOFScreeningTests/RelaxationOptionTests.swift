import Foundation
import TestSupport
import Testing

@Suite struct RelaxationOptionTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("without LAMMPS nothing is begun, and the message says how to get it")
    func missing() throws {
        try Structures.write(to: folder)
        let outcome = try Program.run("run", "--input", "structures", "--relax", "--lammps", "no-such-lmp", in: folder)
        #expect(outcome.status == 69 && outcome.errors.contains("apt-get install lammps"))
        let limit = try Program.run("run", "--input", "structures", "--relax", "--max-strain", "0", in: folder)
        #expect(limit.status == 64 && limit.errors.contains("--max-strain"))
        #expect(!folder.contains("results.csv"))
    }

    @Test("a LAMMPS that crashes fails each structure with what it had so far, and the stream goes on")
    func crash() throws {
        try Structures.write(to: folder)
        let path = try folder.write("#!/bin/sh\nkill -SEGV $$\n", to: "lmp")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        try Program.succeed(
            "run", "--input", "structures", "--relax", "--lammps", "./lmp", "--insertions", "200", in: folder)
        let rows = try Rows.read(folder, "results.jsonl")
        let reasons = rows.map { $0["reason"] as? String ?? "" }
        #expect(!rows.isEmpty && reasons.contains { $0.contains("relaxation") || $0.contains("noBondedTerms") })
        #expect(rows.allSatisfy { $0["henry_mol_kg_pa"] is NSNull && $0["lattice_strain"] is NSNull })
        #expect(rows.contains { $0["status"] as? String == "failed" && $0["lcd"] is Double })
        let header = try folder.text("results.csv").prefix { $0 != "\n" }
        #expect(header.hasSuffix(",lattice_strain"))
    }
}
