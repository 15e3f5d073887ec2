import Foundation
import PenstockEvents
import PenstockLog
import Testing

@testable import LogAppender

@Suite("File descriptors that run out")
struct DescriptorTests {
    private struct Outcome {
        let wasKilled: Bool
        let status: Int32
        let errors: String
    }

    /// Appends 60 batches and reads them back in a process of its own, whose limit a shell lowers.
    private func run(limit: Int, _ scratch: Scratch, log: String) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -n \(limit) && exec \"$0\" \"$@\"", KillTests.program.path, "append", scratch.path(log), "1",
            "7",
            "pageCache", "60",
        ]
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(
            wasKilled: process.terminationReason == .uncaughtSignal, status: process.terminationStatus, errors: text)
    }

    /// With 3 the system's loader cannot open the program's libraries: the program does not begin.
    @Test(
        "whatever the limit, a process does its work or says that it lacks descriptors; it never dies by a signal",
        arguments: 3...40)
    func limits(limit: Int) async throws {
        let scratch = Scratch()
        // In a new log, and in one that is there.
        let log = try await EmbeddedLog(directory: scratch.path("there"))
        _ = try await log.openTopic(
            AppendedRecord.topic, schema: AppendedRecord.schema,
            creatingWith: TopicConfiguration(durability: .pageCache))
        for name in ["new", "there"] {
            let outcome = try run(limit: limit, scratch, log: name)
            #expect(!outcome.wasKilled, "signal \(outcome.status): \(outcome.errors)")
            if outcome.status == 0 {
                #expect(outcome.errors.isEmpty, "\(outcome.errors)")
            } else if limit > 3 {
                #expect(outcome.status == FailureCategory.inputOutput.rawValue)
                #expect(outcome.errors.hasPrefix("error: too many open files to "), "\(outcome.errors)")
                #expect(outcome.errors.contains("\nhint: raise the limit (ulimit -n)"), "\(outcome.errors)")
            }
            if limit == 40 { #expect(outcome.status == 0, "\(outcome.errors)") }
            if limit < 8 { #expect(outcome.status != 0) }
            // What is there is intact.
            guard limit > 20 || name == "there" else { continue }
            let report = try await EmbeddedLog(directory: scratch.path(name)).verify(topic: AppendedRecord.topic)
            #expect(report.isIntact, "\(report.findings)")
        }
    }
}
