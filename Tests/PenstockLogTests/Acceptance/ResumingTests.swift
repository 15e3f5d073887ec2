import Foundation
import PenstockEvents
import PenstockLog
import Testing

@testable import LogAppender

@Suite("A consumer that is killed")
struct ResumingTests {
    @Test("L1: the group of a killed process resumes where it committed, not at the beginning nor where it had read to")
    func resume() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 100, by: 10) { try await writer.append(batch(start..<start + 10)) }
        try await writer.close()

        let process = Process()
        process.executableURL = KillTests.program
        process.arguments = ["consume", scratch.path("log"), "readings", "analysis", "50"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        #expect(String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self) == "committed 50\n")
        let owned = try await #require(throws: LogError.self) { try await log.group("analysis") }
        #expect(owned.code == .partitionOwned && owned.summary.contains("process \(process.processIdentifier) "))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()

        let reopened = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        let group = try await reopened.group("analysis")
        let start = await group.positions.start(in: readings)
        #expect(start == .offset(50))
        #expect(try await counts(reopened.reader(for: readings, from: start)) == (50..<100).map { UInt64($0) })
        try await group.close()
    }
}
