import Foundation
import PenstockEvents
import PenstockLog
import Testing

@testable import LogAppender

/// A process appends to one log, is killed, and the next one goes on: real files, real signals. The moments are
/// drawn from a printed seed; what the signal finds the process doing cannot be repeated.
@Suite("Writers that are killed, one after the other, on one log")
struct KillTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["PENSTOCK_LOG_KILL_ROUNDS"].flatMap { Int($0) } ?? 10
    private static let seed = environment["PENSTOCK_LOG_KILL_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max))

    private struct Acknowledged {
        let offset: UInt64
        let count: UInt64
        let session: UInt64
        let number: UInt64
    }

    @Test(
        "L4: no acknowledged record is lost, none is damaged, none comes twice, whether a sync was waited for or not",
        arguments: [Durability.durable, .pageCache])
    func kill(durability: Durability) async throws {
        let scratch = Scratch()
        var random = SeededGenerator(seed: Self.seed)
        print("kill -9: \(Self.rounds) rounds, class \(durability.rawValue), seed \(Self.seed)")
        var acknowledged = 0
        var unacknowledged = 0
        var next: UInt64 = 0
        var before: UInt64 = 0
        for session in 1...UInt64(Self.rounds) {
            let lines = try Self.append(
                to: scratch.path("log"), session: session, seed: random.next(), durability: durability,
                killAfter: Double.random(in: 0.02..<0.15, using: &random))
            let log = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
            // Not every writer lives long enough to make the topic.
            guard try await log.topics().contains(AppendedRecord.topic) else { continue }
            // What the writer left is read before and after the next one's recovery. A write past the page cache that was in flight
            // when its process was killed may land after that: then the rest of the last writer's records comes first here.
            let all = try await Self.records(of: log, from: next)
            let late = all.prefix { $0.session == session - 1 }
            #expect(
                late.elementsEqual(
                    (before..<before + UInt64(late.count)).map { .init(session: session - 1, number: $0) }))
            next += UInt64(late.count)
            let records = all.dropFirst(late.count)
            let isExpected = records.elementsEqual(
                (0..<UInt64(records.count)).map { AppendedRecord(session: session, number: $0) })
            #expect(isExpected, "session \(session) of seed \(Self.seed), behind offset \(next)")
            before = UInt64(records.count)
            let kept = lines.reduce(0) { $0 + Int($1.count) }
            #expect(records.count >= kept, "session \(session) of seed \(Self.seed) lost acknowledged records")
            for line in lines {
                #expect(line.session == session && line.offset == next + line.number)
            }
            if session % 8 == 0 {
                let all = try await Self.records(of: log, from: 0)
                #expect(all.count >= Int(next) + records.count)
            }
            acknowledged += kept
            unacknowledged += records.count - kept
            next += UInt64(records.count)
        }
        print("  \(acknowledged) records acknowledged, \(unacknowledged) more kept, \(next) in the log")
        #expect(acknowledged > 0, "no writer lived long enough")
    }

    /// Runs one writer for so many seconds from its first acknowledgement on; what it said was acknowledged.
    private static func append(
        to directory: String, session: UInt64, seed: UInt64, durability: Durability, killAfter seconds: Double
    ) throws -> [Acknowledged] {
        let process = Process()
        process.executableURL = program
        process.arguments = ["append", directory, String(session), String(seed), durability.rawValue]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let reader = pipe.fileHandleForReading
        var output = reader.availableData
        let kill = DispatchWorkItem { _ = Foundation.kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: kill)
        while true {
            let more = reader.availableData
            if more.isEmpty { break }
            output += more
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        // A line is one write, so only the last one may be cut.
        return String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast()
            .map { line in
                let numbers = line.split(separator: " ").compactMap { UInt64($0) }
                return Acknowledged(offset: numbers[0], count: numbers[1], session: numbers[2], number: numbers[3])
            }
    }

    private static func records(of log: EmbeddedLog, from offset: UInt64) async throws -> [AppendedRecord] {
        let reader = try await log.reader(for: TopicPartition(AppendedRecord.topic), from: .offset(offset))
        var records: [AppendedRecord] = []
        while let entry = try await reader.next() {
            guard case .records(let batch) = entry else { continue }
            for index in 0..<batch.count { records.append(try batch.event(AppendedRecord.self, at: index)) }
        }
        await reader.close()
        return records
    }

    /// The program lies beside the tests.
    static var program: URL {
        var folder = Bundle.main.executableURL!.deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("LogAppender").path),
            folder.path != "/"
        {
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("LogAppender")
    }
}
