import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// Which runs go, and what stays.
@Suite struct RunCleaningTests {
    private let sample = SampleRuns()
    private static let monthLater = SampleRuns.noon.addingTimeInterval(30 * 86_400 + 100)

    private func program(_ name: String) throws {
        let folder = "\(sample.runs)/.programs/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(count: 1000).write(to: URL(fileURLWithPath: "\(folder)/LiveTomography"))
    }

    private func cleaning(_ age: Duration = .seconds(30 * 86_400)) async throws -> RunCleaning {
        try await RunCleaning(in: sample.runs, olderThan: age, now: Self.monthLater)
    }

    @Test("runs that ended long ago go, with the programs that nobody needs any more")
    func old() async throws {
        try program("\(SampleRuns.sha.prefix(16))")
        try program("0123456789abcdef")
        try sample.make("old-1", attempts: [(.completed, 99)])
        // It ended one second too late.
        try sample.make("young-1", attempts: [(.completed, 101)]) {
            $0.program.path = "\(sample.runs)/.programs/0123456789abcdef/LiveTomography"
        }
        let cleaning = try await cleaning()
        #expect(cleaning.candidates.map(\.folder.name) == ["old-1"] && cleaning.remarks.isEmpty)
        #expect(cleaning.programs.map(\.path) == ["\(sample.runs)/.programs/\(SampleRuns.sha.prefix(16))"])
        let size = try #require(cleaning.candidates.first).bytes
        #expect(size > 1000)
        let freed = try cleaning.perform()
        #expect(freed == RunCleaning.Freed(runs: 1, programs: 1, bytes: size + 1000))
        #expect(sample.folder.names(in: "runs") == [".programs", "young-1"])
        #expect(sample.folder.names(in: "runs/.programs") == ["0123456789abcdef"])
    }

    @Test("a run that is not over stays, and one that it waits for")
    func unfinished() async throws {
        let first = try sample.make("first-1")
        let second = try sample.make("second-1", attempts: [(.running, 9)]) { $0.after = first.path }
        // Somebody keeps its job.
        try FileManager.default.createDirectory(atPath: second("local"), withIntermediateDirectories: true)
        let job = LocalJob(
            id: "local-1", script: "", output: "", walltime: 60, signalSeconds: nil, dependencies: [], tasks: nil,
            width: 1, submitted: .now, states: [0: .init(state: .active)])
        try job.write(in: second.path)
        try second.note(JobRecord(id: "local-1", command: [], nodes: 1))
        let lock = open(LocalJob.lockPath("local-1", in: second.path), O_RDWR | O_CREAT, 0o644)
        defer { close(lock) }
        #expect(lock >= 0 && flock(lock, LOCK_EX) == 0)

        let cleaning = try await cleaning()
        #expect(cleaning.candidates.isEmpty)
        #expect(
            cleaning.remarks == [
                "first-1 stays: second-1 waits for first-1", "second-1 stays: second-1 is active",
            ])
        for run in [first, second] {
            await #expect(throws: BatchError.self) { _ = try await RunCleaning(in: sample.runs, [run]) }
        }
    }

    @Test("a run that cannot be read stays, and all programs with it")
    func damaged() async throws {
        try program("\(SampleRuns.sha.prefix(16))")
        try sample.make("old-1")
        let bad = try sample.make("bad-1")
        try sample.folder.write("{", to: "runs/bad-1/run.json")
        let cleaning = try await cleaning()
        #expect(cleaning.candidates.map(\.folder.name) == ["old-1"])
        #expect(cleaning.remarks.first?.contains("bad-1 stays: ") == true)
        #expect(try cleaning.perform() == .init(runs: 1, programs: 0, bytes: cleaning.candidates[0].bytes))
        #expect(sample.folder.names(in: "runs") == [".programs", "bad-1"])
        await #expect(throws: BatchError.self) { _ = try await RunCleaning(in: sample.runs, [bad]) }
    }
}
