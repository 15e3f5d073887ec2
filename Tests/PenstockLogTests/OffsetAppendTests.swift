import Foundation
import PenstockEvents
import PenstockLog
import Synchronization
import Testing

/// Batches that belong at an offset and nowhere else.
@Suite("Appending at an offset")
struct OffsetAppendTests {
    @Test("a batch for the next offset is taken; one for another offset is refused with the one that comes next")
    func offsets() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        #expect(try await writer.submit(batch(0..<3), at: 0).acknowledgement().offsets == 0..<3)
        #expect(try await writer.submit(control: .endOfStream, at: 3).acknowledgement().offsets == 3..<4)
        for offset: UInt64 in [0, 3, 5, .max] {
            let refused = try await #require(throws: LogError.self) {
                _ = try await writer.submit(batch(3..<4), at: offset)
            }
            #expect(refused.code == .offsetMismatch && refused.place.offsets == 4..<4, "\(offset)")
            #expect(refused.hint?.contains("offset 4") == true)
            await #expect(throws: refused) { _ = try await writer.submit(control: .endOfStream, at: offset) }
        }
        #expect(try await writer.submit(batch(3..<5), at: 4).acknowledgement().offsets == 4..<6)
        try await writer.close()
    }

    @Test(
        "where one write fails, nothing of what follows gets in, though the disk takes it; the offset to go on at is told",
        arguments: [1, 1 << 20])
    func afterFailure(pendingBytes: Int) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        var limits = LogLimits()
        limits.pendingBytesPerWriter = pendingBytes
        let log = try await EmbeddedLog.withReadings(scratch, storage: storage, limits: limits)
        let writer = try await log.writer(for: readings)
        let writes = Atomic(0)
        storage.onCall { call in
            guard call == "write segment" else { return }
            let number = writes.add(1, ordering: .relaxed).newValue
            storage.fail("write segment", with: number == 4 ? .noSpace : nil)
        }
        // Until the failure is seen, one record a batch, the next one without waiting for the last.
        var pending: [PendingAppend] = []
        let refused = try await #require(throws: LogError.self) {
            for number in 0..<1_000_000 {
                pending.append(try await writer.submit(batch(number..<number + 1), at: UInt64(number)))
            }
        }
        var acknowledged = 0
        for append in pending where (try? await append.acknowledgement()) != nil { acknowledged += 1 }
        let next = UInt64(acknowledged)
        #expect(refused.code == .offsetMismatch && refused.place.offsets == next..<next)
        #expect(acknowledged < pending.count)
        #expect(try await writer.submit(batch(acknowledged..<acknowledged + 1), at: next).acknowledgement().count == 1)
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == Array(0...next))
    }
}
