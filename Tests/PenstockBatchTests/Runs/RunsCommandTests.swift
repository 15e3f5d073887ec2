import Foundation
import PenstockBatch
import TestSupport
import Testing

/// `penstock runs`, as a user gives it, on runs of LiveTomography.
@Suite(.timeLimit(.minutes(10))) struct RunsCommandTests {
    private func runs(_ desk: Desk, _ words: String...) async throws -> Desk.Outcome {
        try await desk.run(["runs"] + words, by: "penstock")
    }

    @Test("a run keeps what it read and made, and two of them can be compared, exported and removed")
    func life() async throws {
        let desk = try Desk(.local)
        try await desk.makeScan(angles: 90)
        let options = Desk.options + ["--walltime", "5m"]
        let first = try await desk.submit(options + ["--output", "a.h5", "--tiff", "slices", "--name", "first"])
        #expect(try await desk.wait(for: first).status == 0)
        let second = try await desk.submit(options + ["--output", "b.h5", "--log", "other", "--name", "second"])
        #expect(try await desk.wait(for: second).status == 0)
        let third = try await desk.submit(
            options + ["--output", "c.h5", "--log", "third", "--filter", "hann", "--name", "third"])
        #expect(try await desk.wait(for: third).status == 0)

        let files = try #require(try first.files())
        #expect(files.inputs.map(\.path) == ["scan.h5"] && files.outputs.map(\.path) == ["a.h5", "slices"])
        for record in files.inputs + files.outputs.prefix(1) {
            let sum = try Python.run(
                "import sys, hashlib; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())",
                desk.folder(record.path))
            #expect(record.sha256 == sum)
        }
        #expect(files.outputs.last?.kind == .folder && files.outputs.last?.parts?.isEmpty == false)
        #expect(files.log?.topics.contains { $0.name == "projections" && ($0.ends.first ?? 0) >= 90 } == true)
        let changed = try first.manifest().changed
        #expect(changed == ["centre", "checksum", "every", "input", "output", "tiff", "window"])
        let record = try #require(try first.status())
        #expect(record.processorSeconds ?? 0 > 0 && record.peakBytes ?? 0 > 1 << 20)

        let list = try await runs(desk, "list")
        #expect(list.lines.count == 4 && list.lines[1].hasPrefix("third-"), "\(list.text) \(list.errors)")
        #expect(list.lines.dropFirst().allSatisfy { $0.contains("  completed  ") })
        let shown = try await runs(desk, "show", first.name)
        #expect(
            shown.text.contains("scan.h5") && shown.text.contains(files.outputs[0].sha256 ?? "?"), "\(shown.errors)")

        // A folder of slices that the second did not make.
        let slices = try await runs(desk, "diff", first.name, second.name)
        #expect(slices.status == 1 && slices.text.contains("tiff"), "\(slices.errors)")
        #expect(!slices.text.contains("  output "))
        let filter = try await runs(desk, "diff", second.name, third.name)
        #expect(filter.status == 1 && filter.lines.prefix(3) == ["parameters", "  filter  shepp  hann", "outputs"])
        let same = try await runs(desk, "diff", first.name, first.name)
        #expect(same.status == 0 && same.text == "the same")

        for (format, name) in [("ro-crate", "ro-crate-metadata.json"), ("prov", "prov.json")] {
            let export = try await runs(desk, "export", first.name, "--format", format)
            #expect(export.text == first(name), "\(export.errors)")
        }

        #expect(try await runs(desk, "clean").text == "nothing to remove")
        let dry = try await runs(desk, "clean", first.name, "--dry-run")
        #expect(dry.text.contains("would remove 1 run and 0 programs"), "\(dry.errors)")
        let asked = try await runs(desk, "clean", first.name)
        #expect(asked.status == 64 && asked.errors.contains("add --yes"))
        #expect(desk.folder.names(in: "runs").count == 4)
        let all = try await runs(desk, "clean", first.name, second.name, third.name, "--yes")
        #expect(all.text.contains("removed 3 runs and 1 program: "), "\(all.errors)")
        #expect(desk.folder.names(in: "runs") == [".programs"])
        #expect(desk.folder.names(in: "runs/.programs").allSatisfy { $0 == "known.json" })
        #expect(desk.folder.contains("a.h5"))
    }

    @Test("what is missing or wrong is said")
    func badInput() async throws {
        let desk = try Desk(.local)
        let none = try await runs(desk, "list")
        #expect(none.status == 66 && none.errors.contains("there is no folder runs"), "\(none.errors)")
        for verb in ["show", "clean"] {
            try FileManager.default.createDirectory(atPath: desk.folder("runs"), withIntermediateDirectories: true)
            let outcome = try await runs(desk, verb, "nobody")
            #expect(outcome.status == 66 && outcome.errors.contains("there is no run \"nobody\""), "\(outcome.errors)")
        }
        #expect(try await runs(desk, "list").text == "there are no runs in runs")
        #expect(try await runs(desk, "list", "--json").text == "[\n\n]")
        let both = try await runs(desk, "clean", "a", "--older-than", "1d")
        #expect(both.status == 64)
        #expect(try await runs(desk, "export", "nobody", "--format", "rdf").status == 64)
    }
}
