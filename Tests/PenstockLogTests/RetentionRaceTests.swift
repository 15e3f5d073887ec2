import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Readers and crashes while records go")
struct RetentionRaceTests {
    private func log(
        _ scratch: Scratch, _ configuration: TopicConfiguration, storage: any Storage = FileStorage()
    ) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage)
        _ = try await log.openTopic("readings", schema: Reading.schema, creatingWith: configuration)
        return log
    }

    @Test(
        "a slow reader meets whole records or a new start, never damage", arguments: [true, false])
    func slowReader(sameLog: Bool) async throws {
        let scratch = Scratch()
        let configuration = TopicConfiguration(
            durability: .pageCache, segmentBytes: 64 << 10, retention: Retention(bytes: 64 << 10))
        let log = try await log(scratch, configuration)
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"))
        let written = Guarded<UInt64>(0)
        let reading = Task {
            var reader = try await other.reader(for: readings, from: .earliest)
            var jumps = 0
            var position = await reader.position
            while position < 60_000 {
                do {
                    guard case .records(let records) = try await reader.following() else { continue }
                    #expect(records.baseOffset == position)
                    #expect(try records.event(Reading.self, at: 0).count == position)
                    position = records.nextOffset
                    // Slower than the writer: it gets far ahead between two looks.
                    let ahead = min(position + 7000, 60_000)
                    while position % 2000 == 0, written.withLock({ $0 }) < ahead { await Task.yield() }
                } catch let error as LogError {
                    #expect(error.code == .offsetOutOfRange, "\(error.summary)")
                    let start = try #require(error.place.offsets?.lowerBound)
                    #expect(start > position)
                    jumps += 1
                    // The start may have moved on since.
                    reader = try await other.reader(for: readings, from: .earliest)
                    position = await reader.position
                    #expect(position >= start)
                }
            }
            return jumps
        }
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 60_000, by: 200) {
            let end = try await writer.append(batch(start..<start + 200)).offsets.upperBound
            written.withLock { $0 = end }
        }
        #expect(try await reading.value > 0)
        try await writer.close()
        #expect(log.maintenanceFailures == [])
    }

    @Test(
        "a reader of a state topic meets the last record of every key while the topic is compacted",
        arguments: [true, false])
    func compactedUnderReader(sameLog: Bool) async throws {
        let scratch = Scratch()
        let configuration = TopicConfiguration(
            durability: .pageCache, segmentBytes: 64 << 10, compactionKey: ["sensor"])
        let log = try await log(scratch, configuration)
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"))
        let reading = Task {
            let reader = try await other.reader(for: readings, from: .earliest)
            var last: [UInt64: UInt64] = [:]
            var position: UInt64 = 0
            while position < 40_000 {
                guard case .records(let records) = try await reader.following() else { continue }
                #expect(records.baseOffset >= position)
                for index in 0..<records.count {
                    let event = try records.event(Reading.self, at: index)
                    #expect(event.count == records.baseOffset + UInt64(index))
                    last[event.sensor] = event.count
                }
                position = records.nextOffset
            }
            return last
        }
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 40_000, by: 200) { try await writer.append(batch(start..<start + 200)) }
        // The last seven readings have the seven sensors.
        let last = try await reading.value
        #expect(last.count == 7 && last.values.sorted() == (39_993..<40_000).map { UInt64($0) })
        try await writer.close()
        #expect(log.maintenanceFailures == [])
    }

    @Test("a crash at any step of retention leaves everything from some offset on, and all that was acknowledged last")
    func crashes() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let configuration = TopicConfiguration(
            durability: .pageCache, segmentBytes: 64 << 10, retention: Retention(bytes: 100_000))
        let log = try await log(scratch, configuration, storage: storage)
        let writer = try await log.writer(for: readings)
        let acknowledged = Guarded<UInt64>(0)
        let copies = Guarded<[UInt64]>([])
        let root = scratch.path
        storage.onCall { call in
            guard call.hasSuffix("start") || call.hasSuffix(".start-new") || call == "remove segment" else { return }
            let number = copies.withLock { copies in
                copies.append(acknowledged.withLock { $0 })
                return copies.count
            }
            try? FileManager.default.copyItem(atPath: root + "/log", toPath: root + "/copy-\(number)")
        }
        for start in stride(from: 0, to: 30_000, by: 500) {
            let end = try await writer.append(batch(start..<start + 500)).offsets.upperBound
            acknowledged.withLock { $0 = end }
        }
        storage.onCall(nil)
        try await writer.close()
        let known = copies.withLock { $0 }
        #expect(known.count > 30)
        for (index, acknowledged) in known.enumerated() {
            let copy = try await EmbeddedLog(directory: scratch.path("copy-\(index + 1)"))
            for opensAsOwner in [false, true] {
                if opensAsOwner { try await copy.writer(for: readings).close() }
                let partition = try await copy.describe("readings").partitions[0]
                #expect(partition.nextOffset >= acknowledged)
                let kept = try await counts(copy.reader(for: readings, from: .earliest))
                #expect(kept == (partition.firstOffset..<partition.nextOffset).map { $0 })
                #expect(UInt64(kept.count) * 32 >= min(acknowledged * 32, 90_000))
            }
            #expect(copy.maintenanceFailures == [])
        }
    }
}
