import Foundation
import PenstockBatch
import TestSupport
import Testing

/// What `explain --resources` and `submit` say of a pipeline's needs.
@Suite(.timeLimit(.minutes(5))) struct ResourceTests {
    @Test("what a scan needs follows from its size, and the time from an earlier run")
    func scan() async throws {
        let desk = try Desk(.local)
        try await desk.makeScan(angles: 120)
        let words = ["explain", "--resources"] + Desk.options + ["--parallelism", "2"]
        let before = try await desk.run(words)
        #expect(before.status == 0 && before.errors.isEmpty, "\(before.errors)")
        // 120 projections, 10 flats and 10 darks of 2 rows of 64 pixels of 2 bytes.
        for line in [
            "input     scan scan.h5: 140 events, 35 KiB",
            "memory    60 KiB for a window of 120 projections of 2 × 64 pixels",
            "memory    384 KiB for 2 threads of gridrec",
            "memory    128 KiB for the grids of 1 pairs of slices, at most",
            "nodes     1: scan/From reads scan scan.h5, which every process would read as a whole",
            "time      unknown: no run of this pipeline was completed here; a short one tells the rate",
        ] { #expect(before.lines.contains(line), "\(line) in \(before.text)") }
        #expect(before.lines.last?.hasPrefix("proposal  submit --nodes 1 --cores 2 --memory ") == true)

        let run = try await desk.submit(Desk.options + ["--output", "volume.h5", "--walltime", "5m"])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        let events = try #require(try run.status()?.events)
        // The beginning and the end of the scan may count.
        #expect((140...142).contains(events), "\(events)")
        let behind = try await desk.run(words + ["--walltime", "1s"])
        #expect(behind.lines.contains { $0.hasPrefix("time      about ") && $0.contains(run.name) }, "\(behind.text)")
        #expect(behind.lines.last?.contains("--walltime ") == true)
    }

    @Test("a walltime and a memory that are too small are warned of before anything is queued")
    func warnings() async throws {
        let desk = try Desk(.local)
        try await desk.makeScan(angles: 60)
        let run = try await desk.submit(Desk.options + ["--output", "volume.h5", "--walltime", "5m"])
        #expect(try await desk.wait(for: run).status == 0, "\(desk.logs(of: run))")
        // As if each event had kept a processor busy for ten seconds.
        var member = try #require(try run.members().first)
        member.processorSeconds = Double(member.events) * 10
        try run.write(member)
        var status = try #require(try run.status())
        status.ended = status.started.addingTimeInterval(member.processorSeconds)
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        try encoder.encode(status).write(to: URL(fileURLWithPath: run("status.json")))
        let outcome = try await desk.run(
            ["submit", "--scheduler", "local", "--dry-run", "--cores", "1", "--memory", "10MiB", "--walltime", "2m"]
                + Desk.options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("a walltime of 2min cannot hold it: by \(run.name)"), "\(outcome.errors)")
        #expect(outcome.errors.contains("10 MiB of memory may be too little"))
    }

    @Test("topics tell their sizes and how many nodes can share them")
    func topics() async throws {
        let desk = try Desk(.local, pipeline: "BatchPeer")
        try await desk.succeed("fill", "--log", "log", "--count", "50", "--partitions", "6")
        let outcome = try await desk.run(["explain", "--resources", "--log", "log"])
        #expect(outcome.lines.contains { $0.hasPrefix("input     topic samples: 306 events, ") }, "\(outcome.text)")
        #expect(outcome.lines.contains("nodes     6 at most, one for each partition"))
        let missing = try await desk.run(["explain", "--resources", "--log", "nothing"])
        #expect(
            missing.status == 0 && missing.lines.contains("input     topic samples: of unknown size"),
            "\(missing.errors)")
    }
}
