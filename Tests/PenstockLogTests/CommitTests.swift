import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Group commit and failures of the storage")
struct CommitTests {
    @Test("L24: a durable append is acknowledged, and visible, only after the sync that follows its write")
    func acknowledgedAfterSync() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .durable, storage: storage)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<1))
        let before = storage.calls.count
        let pending = try await writer.submit(batch(1..<2))
        #expect(try await pending.acknowledgement() == Acknowledgement(firstOffset: 1, count: 1, durability: .durable))
        storage.note("acknowledged")
        #expect(Array(storage.calls[before...]) == ["write segment", "sync segment", "write head", "acknowledged"])
        try await writer.close()
    }

    @Test("what gathers during a sync is written and synced as one group")
    func groups() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .durable, storage: storage)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<1))
        // The first sync from now on stands still until twenty more batches were handed over.
        let gate = Gate()
        storage.onSync { gate.wait() }
        let before = storage.calls.count
        var pending = [try await writer.submit(batch(1..<2))]
        await gate.entered()
        for number in 2..<22 { pending.append(try await writer.submit(batch(number..<number + 1))) }
        gate.open()
        for (index, pending) in pending.enumerated() {
            #expect(try await pending.acknowledgement().firstOffset == UInt64(index + 1))
        }
        let calls = storage.calls[before...]
        #expect(calls.filter { $0 == "write segment" }.count == 2)
        #expect(calls.filter { $0 == "sync segment" }.count == 2)
        storage.onSync(nil)
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<22).map { UInt64($0) })
    }

    @Test("a page-cache append needs no sync, a memory append not even a write")
    func weakerClasses() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .pageCache, storage: storage)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<1))
        let before = storage.calls.count
        try await writer.append(batch(1..<2))
        #expect(Array(storage.calls[before...]) == ["write segment", "write head"])
        try await writer.close()

        _ = try await log.createTopic("fleeting", schema: Reading.schema, configuration: .init(durability: .memory))
        let fleeting = try await log.writer(for: TopicPartition("fleeting"))
        storage.fail("write segment", with: .noSpace)
        #expect(try await fleeting.append(batch(0..<1)).durability == .memory)
        storage.fail("write segment", with: nil)
        try await fleeting.close()
    }

    @Test("pending bytes are bounded: submit waits until there is room, and order is kept")
    func backpressure() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.pendingBytesPerWriter = 1
        let log = try await EmbeddedLog.withReadings(scratch, limits: limits)
        let writer = try await log.writer(for: readings)
        for number in 0..<50 { _ = try await writer.submit(batch(number..<number + 1)) }
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<50).map { UInt64($0) })
        let error = try await #require(throws: LogError.self) { try await writer.append(batch(50..<51)) }
        #expect(error.code == .closed)
    }

    @Test(
        "after a failed write or sync nothing of it is acknowledged or read, and appending goes on in a new segment",
        arguments: ["write segment", "sync segment"])
    func failedWrite(operation: String) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .durable, storage: storage)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<5))
        storage.fail(operation, with: .noSpace)
        for _ in 0..<3 {
            let error = try await #require(throws: LogError.self) { try await writer.append(batch(900..<905)) }
            #expect(error.code == .noSpace && error.category == .inputOutput && error.hint != nil)
        }
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<5).map { UInt64($0) })
        storage.fail(operation, with: nil)
        #expect(try await writer.append(batch(5..<10)).firstOffset == 5)
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<10).map { UInt64($0) })
        let next = try await log.writer(for: readings)
        #expect(log.recoveryReports.allSatisfy { $0.lostOffsets == nil })
        try await next.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<10).map { UInt64($0) })
    }

    @Test(
        "failures to make a segment are told by what the user can do about them",
        arguments: [
            (StorageError.Reason.tooManyOpenFiles, LogError.Code.tooManyOpenFiles),
            (.permissionDenied, .permissionDenied),
            (.noSpace, .noSpace), (.other, .storage),
        ])
    func failedOpen(reason: StorageError.Reason, code: LogError.Code) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, storage: storage)
        let writer = try await log.writer(for: readings)
        storage.fail("open segment", with: reason)
        let error = try await #require(throws: LogError.self) { try await writer.append(batch(0..<1)) }
        #expect(error.code == code && error.category == .inputOutput && error.place.partition == readings)
        #expect(error.summary.contains(".segment"))
        storage.fail("open segment", with: nil)
        #expect(try await writer.append(batch(0..<1)).firstOffset == 0)
        try await writer.close()
    }

    @Test(
        "a full file system is an error, and the log goes on when there is space again",
        .enabled(if: !SmallDisk.possibleKinds.isEmpty, "needs the right to mount a file system"),
        arguments: SmallDisk.possibleKinds)
    func fullDisk(kind: SmallDisk.Kind) async throws {
        let disk = try SmallDisk(kind)
        let log = try await EmbeddedLog(directory: disk.path + "/log")
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: .init())
        let frames = TopicPartition("frames")
        let writer = try await log.writer(for: frames)
        let ballast = disk.path + "/ballast"
        try Data(count: try disk.freeBytes - (9 << 19)).write(to: URL(fileURLWithPath: ballast))
        func frame(_ number: Int) -> RecordBatchBuilder {
            var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
            let pixels = [UInt8](repeating: UInt8(number), count: 1 << 20)
            builder.append(Frame(number: UInt64(number), label: "", pixels: pixels), time: Timestamp(nanoseconds: 0))
            return builder
        }
        var acknowledged = 0
        var failure: LogError?
        while failure == nil, acknowledged < 16 {
            do {
                try await writer.append(frame(acknowledged))
                acknowledged += 1
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .noSpace)
        #expect(acknowledged > 0 && acknowledged < 8)
        try FileManager.default.removeItem(atPath: ballast)
        for _ in 0..<2 {
            #expect(try await writer.append(frame(acknowledged)).firstOffset == UInt64(acknowledged))
            acknowledged += 1
        }
        try await writer.close()
        let reader = try await log.reader(for: frames, from: .earliest)
        var number = 0
        while case .records(let records)? = try await reader.next() {
            #expect(try records.event(Frame.self, at: 0).number == UInt64(number))
            number += 1
        }
        #expect(number == acknowledged)
    }
}

/// Holds a thread of the log until it is opened.
private final class Gate: Sendable {
    private let inside = DispatchSemaphore(value: 0)
    private let leave = DispatchSemaphore(value: 0)
    private let used = Guarded(false)

    func wait() {
        let first = used.withLock { used in
            defer { used = true }
            return !used
        }
        guard first else { return }
        inside.signal()
        leave.wait()
    }

    func entered() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.inside.wait()
                continuation.resume()
            }
        }
    }

    func open() { leave.signal() }
}
