import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Owners, readers beside them, and following")
struct OwnershipTests {
    @Test("a second writer is refused, and told who the first is", arguments: [true, false])
    func twoWriters(sameLog: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"))
        let error = try await #require(throws: LogError.self) { try await other.writer(for: readings) }
        #expect(error.code == .partitionOwned && error.category == .temporary)
        #expect(error.summary.contains("process \(ProcessInfo.processInfo.processIdentifier) on host "))
        let deletion = try await #require(throws: LogError.self) { try await other.deleteTopic("readings") }
        #expect(deletion.code == .partitionOwned)
        // The refused one has broken nothing.
        try await writer.append(batch(0..<5))
        try await writer.close()
        let next = try await other.writer(for: readings)
        #expect(try await next.append(batch(5..<6)).firstOffset == 5)
        try await next.close()
    }

    @Test("the owner's epoch rises at each opening")
    func epochs() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        for session in 0..<3 {
            let writer = try await log.writer(for: readings)
            try await writer.append(batch(session..<session + 1))
            try await writer.close()
        }
        let names = try scratch.segments(readings).map { String($0.split(separator: "/").last!) }
        #expect(
            names == [
                "00000000000000000000-0000000001.segment", "00000000000000000001-0000000002.segment",
                "00000000000000000002-0000000003.segment",
            ])
    }

    // A process that is being started has copies of all descriptors of its parent, until its program begins.
    @Test("a partition is free when its writer is closed, though a copy of its descriptors is still open")
    func copiedDescriptors() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let copies = try copiesOfDescriptors(under: scratch.path("log"))
        defer { for copy in copies { close(copy) } }
        #expect(!copies.isEmpty)
        try await writer.close()
        try await log.writer(for: readings).close()
    }

    private func copiesOfDescriptors(under folder: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { entry in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)")
            guard let target, target.hasPrefix(folder), let number = Int32(entry) else { return nil }
            return fcntl(number, F_DUPFD_CLOEXEC, 0)
        }
    }

    @Test("a reader that waits at the end is woken by the writer of its process")
    func follow() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let reader = try await log.reader(for: readings, from: .earliest)
        let following = Task {
            var counts: [UInt64] = []
            while counts.count < 300 {
                guard case .records(let records) = try await reader.following() else { continue }
                for index in 0..<records.count { counts.append(try records.event(Reading.self, at: index).count) }
            }
            return counts
        }
        for start in stride(from: 0, to: 300, by: 3) { try await writer.append(batch(start..<start + 3)) }
        #expect(try await following.value == (0..<300).map { UInt64($0) })
        try await writer.close()
    }

    @Test("a reader follows a writer that it shares only the directory with")
    func followForeign() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let other = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        let reader = try await other.reader(for: readings, from: .earliest)
        let following = Task {
            var next: UInt64 = 0
            while next < 6000 {
                guard case .records(let records) = try await reader.following() else { continue }
                #expect(records.baseOffset == next)
                next = records.nextOffset
            }
            return next
        }
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 6000, by: 100) { try await writer.append(batch(start..<start + 100)) }
        #expect(try await following.value == 6000)
        try await writer.close()
    }

    @Test("waiting ends when its task is cancelled", arguments: [true, false])
    func cancellation(owned: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = owned ? try await log.writer(for: readings) : nil
        let reader = try await log.reader(for: readings, from: .end)
        let waiting = Task { try await reader.waitForMore() }
        waiting.cancel()
        let error = try await #require(throws: LogError.self) { try await waiting.value }
        #expect(error.code == .cancelled)
        try await writer?.close()
    }

    @Test("waiting readers are bounded")
    func boundedWaiting() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.waitingReadersPerPartition = 0
        let log = try await EmbeddedLog.withReadings(scratch, limits: limits)
        let writer = try await log.writer(for: readings)
        let reader = try await log.reader(for: readings, from: .end)
        let error = try await #require(throws: LogError.self) { try await reader.waitForMore() }
        #expect(error.code == .tooManyWaiters)
        try await writer.close()
    }

    @Test("a log that may not be written to can be read", .enabled(if: getuid() != 0, "root may write everywhere"))
    func readOnly() async throws {
        try await readWithoutWriteAccess()
    }

    @Test("readers open nothing for writing and change no file, also where the last owner died")
    func readersDoNotWrite() async throws {
        try await readWithoutWriteAccess()
    }

    private func readWithoutWriteAccess() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<10))
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("copy"))
        try await writer.close()
        let files = ["copy/penstock-log", "copy/readings/topic", "copy/readings/0", "copy/readings", "copy"]
        for file in files {
            try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: scratch.path(file))
        }
        defer {
            for file in files {
                try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path(file))
            }
        }
        let storage = RecordingStorage()
        let copy = try await EmbeddedLog(directory: scratch.path("copy"), storage: storage)
        #expect(try await copy.topics() == ["readings"])
        #expect(try await counts(copy.reader(for: readings, from: .earliest)) == (0..<10).map { UInt64($0) })
        #expect(try await copy.describe("readings").partitions[0].nextOffset == 10)
        #expect(storage.calls.filter { !$0.hasPrefix("read") }.isEmpty)
    }
}
