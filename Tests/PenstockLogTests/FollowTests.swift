import Foundation
import PenstockEvents
import PenstockLog
import Testing

@testable import LogAppender

@Suite("Following a writer in another process")
struct FollowTests {
    /// Without the system's word a reader would look once in an hour: what it gets here in time, it was told of.
    private static var limits: LogLimits {
        var limits = LogLimits()
        limits.watchedPollInterval = .seconds(3600)
        return limits
    }

    @Test("a reader is woken by what another process appends, over segments and changes of owner")
    func otherProcess() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"), limits: Self.limits)
        let configuration = TopicConfiguration(durability: .durable, segmentBytes: 1 << 20)
        _ = try await log.createTopic(
            AppendedRecord.topic, schema: AppendedRecord.schema, configuration: configuration)
        let reader = try await log.reader(for: TopicPartition(AppendedRecord.topic), from: .earliest)
        for session in [1, 2] as [UInt64] {
            let process = Process()
            process.executableURL = KillTests.program
            process.arguments = ["append", scratch.path("log"), String(session), "1", "durable"]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            var seen: UInt64 = 0
            while seen < 3000 {
                guard case .records(let records) = try await reader.following() else { continue }
                for index in 0..<records.count {
                    let record = try records.event(AppendedRecord.self, at: index)
                    if record.session == session { seen = record.number }
                    #expect(record == AppendedRecord(session: record.session, number: record.number))
                }
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    @Test("waiting for another process ends when its task is cancelled, and many may wait at once")
    func cancellation() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, limits: Self.limits)
        let other = try await EmbeddedLog(directory: scratch.path("log"), limits: Self.limits)
        let writer = try await log.writer(for: readings)
        var waiting: [Task<Bool, Never>] = []
        for number in 0..<20 {
            let reader = try await other.reader(for: readings, from: .earliest)
            let task = Task {
                do {
                    return try await reader.following().isRecords
                } catch {
                    return false
                }
            }
            if number % 2 == 0 { task.cancel() }
            waiting.append(task)
        }
        try await writer.append(batch(0..<5))
        for (number, task) in waiting.enumerated() {
            // A cancelled one may have been quick enough to read.
            let got = await task.value
            if number % 2 == 1 { #expect(got) }
        }
        try await writer.close()
    }
}

extension LogEntry {
    fileprivate var isRecords: Bool {
        if case .records = self { true } else { false }
    }
}
