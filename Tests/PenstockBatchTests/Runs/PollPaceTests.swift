import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

@Suite struct PollPaceTests {
    @Test("pauses grow by half, up to 30 s, and a change begins anew")
    func pauses() {
        var pace = PollPace()
        let waiting = [JobState.queued(reason: "Priority")]
        let expected = [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625, 17.0859375, 25.62890625, 30, 30]
        for seconds in expected { #expect(pace.next(hasChanged: waiting) == .seconds(seconds)) }
        #expect(pace.next(hasChanged: [.queued(reason: "Resources")]) == .seconds(1))
        #expect(pace.next(hasChanged: [.active]) == .seconds(1))
        #expect(pace.next(hasChanged: [.active]) == .seconds(1.5))
        #expect(pace.next(hasChanged: [.active, .active]) == .seconds(1))
    }
}

/// How often the scheduler is asked.
@Suite(.timeLimit(.minutes(5)), .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)")) struct AskingTests {
    private static let later = ["--directive", "slurm.begin=now+1hour"]

    @Test("the states of 200 runs by one squeue")
    func manyRuns() async throws {
        let counted = try SlurmCluster.counting(["squeue", "scontrol"])
        let desk = try Desk(.slurm)
        try desk.folder.write("scan", to: "scan.h5")
        let run = try await desk.submit(Desk.options + Self.later)
        for number in 1..<200 {
            try copy(run, to: "\(run.name.dropLast(6))\(900_000 + number)", job: "\(900_000 + number)")
        }
        let status = try await desk.run(["status"], environment: counted.environment)
        #expect(status.lines.count == 201, "\(status.errors)")
        #expect(
            status.lines.count { $0.contains("failed (lost)") } == 199 && status.text.contains("queued (BeginTime)"))
        #expect(!status.text.contains("its folder was"))
        #expect(counted.counts == ["squeue": 1, "scontrol": 0])
        try await desk.succeed("cancel", run.name)
    }

    /// A run as if it had been submitted, too.
    private func copy(_ run: RunFolder, to name: String, job: String) throws {
        let other = RunFolder(URL(fileURLWithPath: run.path).deletingLastPathComponent().path + "/\(name)")
        let old = try #require(try run.jobs().first).id
        try FileManager.default.copyItem(atPath: run.path, toPath: other.path)
        try FileManager.default.removeItem(atPath: other("jobs/\(old).json"))
        try other.note(JobRecord(id: job, command: [], nodes: 1))
        let text = try String(contentsOfFile: run("run.json"), encoding: .utf8)
        try text.replacing(run.name, with: name).write(toFile: other("run.json"), atomically: true, encoding: .utf8)
    }

    @Test("whoever watches a run that waits asks less and less often")
    func watching() async throws {
        let counted = try SlurmCluster.counting(["squeue"])
        let desk = try Desk(.slurm)
        try desk.folder.write("scan", to: "scan.h5")
        let run = try await desk.submit(Desk.options + Self.later)
        let cluster = try SlurmCluster.shared()
        let watch = try ChildProcess(
            "LiveTomography", ["status", "--watch", run.path],
            environment: cluster.environment.merging(counted.environment) { $1 })
        // At 0, 1, 2.5 and 4.75 s, and then at 8.1.
        try await Task.sleep(for: .seconds(7))
        #expect((2...4).contains(counted.counts["squeue"] ?? 0), "\(counted.counts)")
        try await desk.succeed("cancel", run.name)
        #expect(try await watch.ended() == 1)
        #expect(watch.lines.contains { $0.contains("canceled") })
    }

    @Test("a program is read and copied once, and again where it or its copy has changed")
    func programs() async throws {
        let folder = try TestFolder()
        let store = ProgramStore(in: folder("runs"))
        let origin = folder("program")
        try FileManager.default.copyItem(atPath: "/usr/bin/true", toPath: origin)
        // A file that is younger than two seconds may change again unseen.
        try await Task.sleep(for: .milliseconds(2_100))
        let first = try store.entry(of: origin)
        try store.keep(first)
        let copy = FileStamp(of: first.program.path)
        #expect(try folder.data("program") == Data(contentsOf: URL(fileURLWithPath: first.program.path)))
        try store.keep(try store.entry(of: origin))
        #expect(FileStamp(of: first.program.path) == copy)
        // Somebody writes into the copy: it is made anew.
        try Data("#!".utf8).write(to: URL(fileURLWithPath: first.program.path))
        try store.keep(try store.entry(of: origin))
        #expect(try folder.data("program") == Data(contentsOf: URL(fileURLWithPath: first.program.path)))
        // The program is built anew: another hash, another copy.
        try FileManager.default.removeItem(atPath: origin)
        try FileManager.default.copyItem(atPath: "/usr/bin/false", toPath: origin)
        let second = try store.entry(of: origin)
        #expect(second.program.sha256 != first.program.sha256 && second.program.path != first.program.path)
        // What changes between reading and copying is not kept under the wrong hash.
        try FileManager.default.removeItem(atPath: origin)
        try FileManager.default.copyItem(atPath: "/usr/bin/true", toPath: origin)
        #expect(throws: BatchError.self) { try store.keep(second) }
        #expect(!FileManager.default.fileExists(atPath: second.program.path))
    }
}
