import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Owners whose right to a partition is a lease, as those of several brokers on one directory: what they may do when it is lost, and what
/// becomes of what they do too late.
@Suite("Owners with leases")
struct LeasedOwnerTests {
    /// Gives a lease to whoever asks, each in a session of its own that ends when it is told to.
    private final class Leases: PartitionLeases {
        private let epoch: UInt32
        private let session = Guarded<LeaseSession?>(nil)

        /// - Parameter epoch: the one of every lease.
        init(epoch: UInt32) { self.epoch = epoch }

        func claim(_ partition: TopicPartition, above floor: UInt32) throws(LogError) -> Lease {
            #expect(floor < epoch)
            guard let key = try? CoordinationKey(owning: partition) else { preconditionFailure("it is a key") }
            let clock = SystemMonotonicClock()
            let session = LeaseSession(id: "\(epoch)", lease: .seconds(3600), beganAt: clock.now())
            let lease = Lease(key, holder: "test", epoch: epoch, session: session, clock: clock) { _ in }
            session.adopt(lease)
            self.session.withLock { $0 = session }
            return lease
        }

        /// Ends the lease that was given last, as if it had not been renewed.
        func lapse() { session.withLock { $0 }?.end(.lapsed) }
    }

    private func copy(_ scratch: Scratch, _ from: String, to: String) throws {
        try FileManager.default.copyItem(atPath: scratch.path(from), toPath: scratch.path(to))
    }

    private func open(
        _ scratch: Scratch, _ name: String, _ leases: Leases, storage: any Storage = FileStorage()
    ) async throws -> (log: EmbeddedLog, writer: any TopicWriter) {
        let log = try await EmbeddedLog(directory: scratch.path(name), storage: storage, leases: leases)
        return (log, try await log.writer(for: readings))
    }

    /// Checks what a process that has nothing to do with the writers finds.
    private func check(_ scratch: Scratch, _ name: String, _ counts: [Int]) async throws {
        let log = try await EmbeddedLog(directory: scratch.path(name), creating: false)
        #expect(try await self.counts(log) == counts)
        let report = try await log.verify(topic: "readings")
        #expect(report.isIntact, "\(report)")
    }

    private func counts(_ log: EmbeddedLog) async throws -> [Int] {
        let reader = try await log.reader(for: readings, from: .earliest)
        var counts: [Int] = []
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count { counts.append(Int(try records.event(Reading.self, at: index).count)) }
        }
        await reader.close()
        return counts
    }

    @Test("the epoch of the lease is the owner's, and two that have had it one behind the other share the directory")
    func takeover() async throws {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch, durability: .durable)
        let (first, second) = (Leases(epoch: 7), Leases(epoch: 9))
        let (_, writer) = try await open(scratch, "log", first)
        try await writer.append(batch(0..<10))
        first.lapse()
        let (log, next) = try await open(scratch, "log", second)
        #expect(try await next.append(batch(10..<20)).firstOffset == 10)
        #expect(
            try scratch.segments(readings).map { String($0.split(separator: "/").last!) } == [
                "00000000000000000000-0000000007.segment", "00000000000000000010-0000000009.segment",
            ])
        // The first one is there all the while, and whoever has no lease is kept away.
        let stranger = try await EmbeddedLog(directory: scratch.path("log"))
        let error = try await #require(throws: LogError.self) { try await stranger.writer(for: readings) }
        #expect(error.code == .partitionOwned)
        let late = try await #require(throws: LogError.self) { try await writer.append(batch(90..<91)) }
        #expect(late.code == .moved)
        try? await writer.close()
        try await next.append(batch(20..<30))
        #expect(try await counts(log) == Array(0..<30))
        try await next.close()
        try await check(scratch, "log", Array(0..<30))
    }

    @Test(
        "what was written is acknowledged only where the lease is held behind it",
        arguments: ["write segment", "sync segment"])
    func lostWhileWriting(_ call: String) async throws {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch, durability: .durable)
        let (leases, storage) = (Leases(epoch: 1), RecordingStorage())
        let (log, writer) = try await open(scratch, "log", leases, storage: storage)
        try await writer.append(batch(0..<10))
        storage.onCall { if $0 == call { leases.lapse() } }
        let error = try await #require(throws: LogError.self) { try await writer.append(batch(10..<20)) }
        #expect(error.code == .moved)
        #expect(try await counts(log) == Array(0..<10))
        storage.onCall(nil)
        let calls = storage.calls.count
        await #expect(throws: LogError.self) { try await writer.append(batch(10..<20)) }
        try? await writer.close()
        // It has changed nothing more.
        #expect(storage.calls.dropFirst(calls).allSatisfy { $0.hasPrefix("open") })
        // It is in the file: the next owner keeps it, as after the end of a process.
        let (_, next) = try await open(scratch, "log", Leases(epoch: 2))
        #expect(try await next.append(batch(20..<21)).firstOffset == 20)
        try await next.close()
        try await check(scratch, "log", Array(0..<21))
    }

    @Test("a takeover in the middle of whichever change of a file, which is made late, loses and doubles nothing")
    func lateChanges() async throws {
        // Every fourth one at a time; all have their turn in some runs.
        let step = 4
        var number = Int.random(in: 0..<step)
        print("takeovers from change \(number) on")
        while try await takeOver(during: number) { number += step }
        // Of an opening, two segments and an end.
        #expect(number > 40)
    }

    /// Lets a second owner take over while the first one makes its change of this number, which is made behind the takeover. False where
    /// there are fewer changes.
    private func takeOver(during number: Int) async throws -> Bool {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let dead = Leases(epoch: 1)
        let (_, left) = try await open(scratch, "log", dead)
        try await left.append(batch(0..<Self.rows))
        dead.lapse()

        let (leases, storage) = (Leases(epoch: 2), RecordingStorage())
        let next = Guarded<(any TopicWriter)?>(nil)
        let changes = Guarded(0)
        let first = Self.rows * 100
        storage.onCall { _ in
            let change = changes.withLock { changes in
                defer { changes += 1 }
                return changes
            }
            guard change == number else { return }
            leases.lapse()
            // On a thread of the log's, which stands still as that of a stopped process does.
            let isDone = DispatchSemaphore(value: 0)
            Task {
                defer { isDone.signal() }
                let (_, writer) = try await self.open(scratch, "log", Leases(epoch: 3))
                try await writer.append(batch(first..<first + Self.rows))
                next.withLock { $0 = writer }
            }
            _ = isDone.wait(timeout: .now() + 240)
        }
        var acknowledged = 1
        do {
            let (_, writer) = try await open(scratch, "log", leases, storage: storage)
            for round in 1...4 {
                try await writer.append(batch(round * Self.rows..<(round + 1) * Self.rows))
                acknowledged += 1
            }
            try await writer.close()
        } catch let error as LogError {
            #expect(error.code == .moved || error.code == .storage, "\(number): \(error)")
        }
        try? await left.close()
        guard changes.withLock({ $0 }) > number else { return false }
        let writer = try #require(next.withLock { $0 }, "\(number)")
        try await writer.append(batch(first + Self.rows..<first + 2 * Self.rows))
        try await writer.close()

        let found = try await counts(try await EmbeddedLog(directory: scratch.path("log"), creating: false))
        let kept = found.prefix { $0 < first }
        #expect(Array(kept) == Array(0..<kept.count), "\(number)")
        // What was acknowledged is there, and at the most one batch that was not.
        #expect([acknowledged, acknowledged + 1].map { $0 * Self.rows }.contains(kept.count), "\(number)")
        #expect(Array(found.dropFirst(kept.count)) == Array(first..<first + 2 * Self.rows), "\(number)")
        try await check(scratch, "log", found)
        let (_, last) = try await open(scratch, "log", Leases(epoch: 4))
        #expect(try await last.append(batch(0..<1)).firstOffset == UInt64(found.count), "\(number)")
        try await last.close()
        return true
    }

    /// Of a batch: two of them fill a segment.
    private static let rows = 1000

    @Test("what an earlier owner writes behind the end that the next one found is not seen")
    func lateBatches() async throws {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch, durability: .durable)
        let (_, writer) = try await open(scratch, "log", Leases(epoch: 1))
        try await writer.append(batch(0..<10))
        try copy(scratch, "log", to: "next")
        // What it writes later, as it stands in its file.
        try await writer.append(batch(90..<100))
        let first = try #require(try scratch.segments(readings).first)
        let late = try Data(contentsOf: URL(fileURLWithPath: first))

        let (log, next) = try await open(scratch, "next", Leases(epoch: 2))
        try await next.append(batch(10..<20))
        let sealed = try #require(try scratch.segments(readings, log: "next").first)
        let end = try Data(contentsOf: URL(fileURLWithPath: sealed)).count
        #expect(late.count > end)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: sealed))
        try file.seek(toOffset: UInt64(end))
        try file.write(contentsOf: late[end...])
        try file.close()
        #expect(try await counts(log) == Array(0..<20))
        try await next.append(batch(20..<30))
        try await check(scratch, "next", Array(0..<30))
        try await next.close()
        let (_, third) = try await open(scratch, "next", Leases(epoch: 3))
        #expect(try await third.append(batch(30..<31)).firstOffset == 30)
        try await third.close()
        try await check(scratch, "next", Array(0..<31))
        try await writer.close()
    }

    @Test("a segment that an earlier owner makes where the next one writes is not seen", arguments: [false, true])
    func lateSegment(isEmpty: Bool) async throws {
        let scratch = Scratch()
        _ = try await EmbeddedLog.withReadings(scratch, durability: .durable)
        let (_, writer) = try await open(scratch, "log", Leases(epoch: 2))
        try await writer.append(batch(0..<10))
        try await writer.close()
        try copy(scratch, "log", to: "next")
        let (_, stale) = try await open(scratch, "log", Leases(epoch: 3))
        try await stale.append(batch(90..<100))
        let late = try #require(try scratch.segments(readings).last)

        let (log, next) = try await open(scratch, "next", Leases(epoch: 4))
        try await next.append(batch(10..<20))
        let folder = scratch.path("next/readings/0/")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: late))
        try (isEmpty ? bytes.prefix(4096) : bytes).write(
            to: URL(fileURLWithPath: folder + String(late.split(separator: "/").last!)))
        #expect(try await counts(log) == Array(0..<20))
        try await next.append(batch(20..<30))
        try await check(scratch, "next", Array(0..<30))
        try await next.close()
        let (_, third) = try await open(scratch, "next", Leases(epoch: 5))
        #expect(try await third.append(batch(30..<31)).firstOffset == 30)
        try await third.close()
        try await check(scratch, "next", Array(0..<31))
        try await stale.close()
    }
}
