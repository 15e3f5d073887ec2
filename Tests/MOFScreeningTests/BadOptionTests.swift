import TestSupport
import Testing

@Suite struct BadOptionTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test(
        "options that cannot be meant are refused with the option's name",
        arguments: [
            ["--gas", "xenon"], ["--temperature", "0"], ["--temperature", "-3"], ["--insertions", "0"],
            ["--gcmc", "1"], ["--gcmc", "0bar"], ["--cycles", "1"], ["--charges", "maybe"], ["--min-pld", "-1"],
            ["--output", "results.txt"], ["--workers", "0"], ["--duplicates", "drop"], ["--over", "co2"],
            ["--desorption", "0.1bar"], ["--desorption", "1bar", "--gcmc", "1bar"], ["--fraction", "0.2"],
            ["--fraction", "1", "--over", "n2", "--gcmc", "1bar"],
        ])
    func refused(_ options: [String]) throws {
        let outcome = try Program.run(["run", "--input", "."] + options, in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(options[0]), "\(outcome.errors)")
    }

    @Test("no folder, an empty one and none at all are told apart")
    func input() throws {
        let missing = try Program.run("run", "--input", "nowhere", in: folder)
        #expect(missing.status == 66 && missing.errors.contains("nowhere: there is no such folder"))
        let empty = try Program.run("run", "--input", ".", in: folder)
        #expect(empty.status == 65 && empty.errors.contains("there is no structure in it"))
        let none = try Program.run("run", in: folder)
        #expect(none.status == 66 && none.errors.contains("hint: give --input DIR"))
        #expect(!folder.contains("results.csv") && !folder.contains("results.jsonl"))
    }

    @Test(
        "a force field that cannot be read stops the run before it begins, one without an element fails the structure")
    func forceField() throws {
        try Structures.write(to: folder)
        let missing = try Program.run("run", "--input", "structures", "--force-field", "no.csv", in: folder)
        #expect(missing.status == 65 && missing.errors.contains("no.csv"))
        try folder.write("element,epsilon_over_kB_K,sigma_A\nZn,x,2\n", to: "bad.csv")
        let bad = try Program.run("run", "--input", "structures", "--force-field", "bad.csv", in: folder)
        #expect(bad.status == 65 && bad.errors.contains("bad.csv:2: epsilon_over_kB_K 'x' is not a number"))
        try folder.write("element,epsilon_over_kB_K,sigma_A\nZn,62.4,2.46\nO,30.19,3.12\n", to: "short.csv")
        try Program.succeed(
            "run", "--input", "structures", "--force-field", "short.csv", "--insertions", "200", in: folder)
        let rows = try Rows.read(folder, "results.jsonl")
        let statuses = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as! String, $0["status"] as! String) })
        #expect(statuses["mof-1"] == "flagged" && statuses["mof-3"] == "failed")
        let nitride = rows.first { $0["name"] as? String == "mof-3" }
        let reason = nitride?["reason"] as? String ?? ""
        #expect(reason.contains("no parameters for N"))
    }

    @Test("results never take the place of what is read")
    func collision() throws {
        try folder.write("element,epsilon_over_kB_K,sigma_A\nZn,62.4,2.46\n", to: "field.csv")
        let outcome = try Program.run(
            "run", "--input", ".", "--force-field", "field.csv", "--output", "field.csv", "--overwrite", in: folder)
        #expect(outcome.status == 64 && outcome.errors.contains("--force-field"))
    }
}
