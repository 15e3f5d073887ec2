import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Compaction by key")
struct CompactionTests {
    private let states = TopicPartition("states")

    private func log(
        _ scratch: Scratch, codec: BatchCodec = .raw, storage: any Storage = FileStorage(),
        clock: any WallClock = ManualClock(seconds: 0), limits: LogLimits = LogLimits()
    ) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, clock: clock, limits: limits)
        _ = try await log.openTopic(
            "states", schema: State.schema,
            creatingWith: TopicConfiguration(
                durability: .pageCache, segmentBytes: 64 << 10, compactionKey: ["key"], codec: codec))
        return log
    }

    /// Appends `count` records with keys of a set of `keys`.
    private func append(
        _ count: Int, keys: UInt64, to writer: any TopicWriter, at now: Timestamp, _ random: inout SeededGenerator
    ) async throws -> [Kept] {
        var kept: [Kept] = []
        var left = count
        while left > 0 {
            let size = min(left, 1 + Int(random.next() % 60))
            var builder = RecordBatchBuilder(schemaID: State.schema.id)
            var records: [(State, Int64, UInt64)] = []
            for _ in 0..<size {
                let state = State(key: "key-\(random.next() % keys)", value: random.next())
                let time = Int64(random.next() % 1_000_000)
                let hash = random.next()
                builder.append(state, time: Timestamp(nanoseconds: time), keyHash: hash)
                records.append((state, time, hash))
            }
            let first = try await writer.append(builder).firstOffset
            for (index, record) in records.enumerated() {
                kept.append(
                    Kept(
                        offset: first + UInt64(index), state: record.0, time: record.1, keyHash: record.2,
                        appendTime: now.nanoseconds))
            }
            left -= size
        }
        return kept
    }

    private func read(_ reader: any TopicReader) async throws -> (records: [Kept], controls: [UInt64]) {
        var records: [Kept] = []
        var controls: [UInt64] = []
        while let entry = try await reader.next() {
            switch entry {
            case .control(_, let offset): controls.append(offset)
            case .records(let batch):
                for index in 0..<batch.count {
                    records.append(
                        Kept(
                            offset: batch.baseOffset + UInt64(index), state: try batch.event(at: index),
                            time: batch.time(at: index).nanoseconds, keyHash: batch.withKeyHashes { $0[index] },
                            appendTime: batch.appendTime.nanoseconds))
                }
            }
        }
        return (records, controls)
    }

    /// The last record of every key, in the order of their offsets: what a dictionary leaves.
    private func last(_ records: [Kept]) -> [Kept] {
        var last: [String: Kept] = [:]
        for record in records { last[record.state.key] = record }
        return last.values.sorted { $0.offset < $1.offset }
    }

    @Test(
        "exactly the last record of every key stays, with its offset, times, hash and payload, and so do control records",
        arguments: [(BatchCodec.raw, 64 << 20), (.lz4, 64 << 20), (.raw, 1)])
    func lastOfEveryKey(codec: BatchCodec, keyBytes: Int) async throws {
        let seed: UInt64 = 41
        print("compaction seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        var limits = LogLimits()
        // With room for one key, every pass cleans up to the second key that it meets.
        limits.compactionKeyBytes = keyBytes
        let clock = ManualClock(seconds: 1000)
        let log = try await log(scratch, codec: codec, clock: clock, limits: limits)
        let count = keyBytes == 1 ? 120 : 6000
        var all: [Kept] = []
        var controls: [UInt64] = []
        for session in 0..<3 {
            clock.set(seconds: 1000 + Int64(session))
            let writer = try await log.writer(for: states)
            let now = clock.now()
            all += try await append(count, keys: UInt64(count / 20), to: writer, at: now, &random)
            controls.append(try await writer.append(control: .timeMark(now)).firstOffset)
            try await writer.close()
            let found = try await read(log.reader(for: states, from: .earliest))
            // What was not compacted yet may hold more, but never less.
            #expect(last(found.records) == last(all) && found.controls == controls)
        }
        let description = try await log.compact("states").partitions[0]
        #expect(log.maintenanceFailures == [])
        #expect(description.firstOffset == 0 && description.nextOffset == UInt64(3 * count + 3))
        let found = try await read(log.reader(for: states, from: .earliest))
        #expect(found.records == last(all) && found.controls == controls)
        // From every offset, whether there is a record or not.
        for start in stride(from: UInt64(0), to: description.nextOffset, by: Int(description.nextOffset / 30)) {
            let behind = try await read(log.reader(for: states, from: .offset(start)))
            #expect(behind.records == last(all).filter { $0.offset >= start })
        }
        // A new owner goes on behind.
        let writer = try await log.writer(for: states)
        let more = try await append(1, keys: 1, to: writer, at: clock.now(), &random)
        #expect(more[0].offset == UInt64(3 * count + 3))
        try await writer.close()
        let again = try await read(log.reader(for: states, from: .earliest))
        #expect(last(again.records) == last(all + more))
    }

    @Test("the bytes of a state topic are bounded by its keys while its writer lives")
    func bounded() async throws {
        let scratch = Scratch()
        let log = try await log(scratch)
        var random = SeededGenerator(seed: 7)
        let writer = try await log.writer(for: states)
        for _ in 0..<20 {
            _ = try await append(2000, keys: 100, to: writer, at: Timestamp(nanoseconds: 0), &random)
            let bytes = try scratch.segments(states).reduce(0) { $0 + (try byteCount($1)) }
            #expect(bytes < 5 * (64 << 10))
        }
        try await writer.close()
        #expect(log.maintenanceFailures == [])
    }

    @Test(
        "a reader inside of a segment that was replaced goes on, in this and in another process",
        arguments: [true, false])
    func readerInside(sameLog: Bool) async throws {
        let scratch = Scratch()
        let log = try await log(scratch)
        var limits = LogLimits()
        limits.readWindowBytes = 4096
        let other = sameLog ? log : try await EmbeddedLog(directory: scratch.path("log"), limits: limits)
        var random = SeededGenerator(seed: 11)
        let writer = try await log.writer(for: states)
        let all = try await append(3000, keys: 1000, to: writer, at: Timestamp(nanoseconds: 0), &random)
        let readers = [
            try await other.reader(for: states, from: .earliest),
            try await other.reader(for: states, from: .offset(1500)),
        ]
        for reader in readers { _ = try await reader.next() }
        try await writer.close()
        _ = try await log.compact("states")
        for reader in readers {
            let position = await reader.position
            let found = try await read(reader).records
            #expect(last(found) == last(all).filter { $0.offset >= position })
        }
    }

    @Test("a compacted segment that a later one stands for is ignored, and removed by the next owner")
    func leftover() async throws {
        let scratch = Scratch()
        let log = try await log(scratch)
        var random = SeededGenerator(seed: 19)
        var all: [Kept] = []
        var leftovers: [(String, Data)] = []
        for _ in 0..<2 {
            let writer = try await log.writer(for: states)
            all += try await append(500, keys: 50, to: writer, at: Timestamp(nanoseconds: 0), &random)
            try await writer.close()
            _ = try await log.compact("states")
            for file in try scratch.segments(states) {
                leftovers.append((file, try Data(contentsOf: URL(fileURLWithPath: file))))
            }
        }
        #expect(Set(leftovers.map(\.0)).count == 2)
        for (file, bytes) in leftovers { try bytes.write(to: URL(fileURLWithPath: file)) }
        #expect(try await log.describe("states").partitions[0].segments == 1)
        #expect(try await read(log.reader(for: states, from: .earliest)).records == last(all))
        try await log.writer(for: states).close()
        #expect(try scratch.segments(states) == [leftovers[1].0])
    }

    @Test("a crash at any step of a compaction leaves a log that holds the last record of every key")
    func crashes() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        // Three passes, each of several new segments.
        limits.compactionKeyBytes = 40_000
        let storage = RecordingStorage()
        var random = SeededGenerator(seed: 3)
        let first = try await log(scratch)
        let writer = try await first.writer(for: states)
        let all = try await append(2000, keys: 1200, to: writer, at: Timestamp(nanoseconds: 0), &random)
        try await writer.close()
        let more = try await append(
            2000, keys: 1200, to: try await first.writer(for: states), at: Timestamp(nanoseconds: 0), &random)
        // That writer is gone without closing. The next opening compacts, with a copy of the files before each of its steps.
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        let copies = Guarded(0)
        let root = scratch.path
        storage.onCall { call in
            guard call.hasPrefix("rename") || call.hasPrefix("remove") || call.hasPrefix("sync") else { return }
            let number = copies.withLock { count in
                count += 1
                return count
            }
            try? FileManager.default.copyItem(atPath: root + "/crashed", toPath: root + "/copy-\(number)")
        }
        let compacting = try await EmbeddedLog(directory: scratch.path("crashed"), storage: storage, limits: limits)
        _ = try await compacting.compact("states")
        storage.onCall(nil)
        #expect(compacting.maintenanceFailures == [])
        let expected = last(all + more)
        #expect(try await read(compacting.reader(for: states, from: .earliest)).records == expected)
        let count = copies.withLock { $0 }
        #expect(count > 20)
        for number in 1...count {
            let copy = try await EmbeddedLog(directory: scratch.path("copy-\(number)"))
            // As a reader sees it before there is a new owner, and after the next owner's cleaning up.
            #expect(last(try await read(copy.reader(for: states, from: .earliest)).records) == expected)
            _ = try await copy.compact("states")
            #expect(copy.maintenanceFailures == [])
            #expect(try await read(copy.reader(for: states, from: .earliest)).records == expected)
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("copy-\(number)/states/0"))
            #expect(!names.contains { $0.hasSuffix("-new") })
        }
    }

    @Test(
        "a compaction that fails leaves what was there, and no unfinished file",
        arguments: ["write segment", "sync segment", "rename segment"])
    func failure(step: String) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await log(scratch, storage: storage)
        var random = SeededGenerator(seed: 17)
        let writer = try await log.writer(for: states)
        let all = try await append(500, keys: 50, to: writer, at: Timestamp(nanoseconds: 0), &random)
        storage.fail("rename segment", with: .permissionDenied)
        try await writer.close()
        #expect(log.maintenanceFailures.map(\.code) == [.permissionDenied])
        storage.fail("rename segment", with: nil)
        storage.fail(step, with: .noSpace)
        let error = try await #require(throws: LogError.self) { try await log.compact("states") }
        #expect(error.code == .noSpace)
        #expect(try await read(log.reader(for: states, from: .earliest)).records == all)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("log/states/0"))
        #expect(!names.contains { $0.hasSuffix("-new") })
        storage.fail(step, with: nil)
        _ = try await log.compact("states")
        #expect(try await read(log.reader(for: states, from: .earliest)).records == last(all))
    }

    @Test("a damaged segment is not compacted away: the damage is reported and stays readable as such")
    func damage() async throws {
        let scratch = Scratch()
        let log = try await log(scratch)
        var random = SeededGenerator(seed: 5)
        let writer = try await log.writer(for: states)
        _ = try await append(1, keys: 1, to: writer, at: Timestamp(nanoseconds: 0), &random)
        // Damaged while it is open, so that no compaction has seen it.
        let segment = try #require(try scratch.segments(states).last)
        try flip(segment, at: 4096 + 128)
        try await writer.close()
        #expect(log.maintenanceFailures.map(\.code) == [.damaged])
        let error = try await #require(throws: LogError.self) { try await log.compact("states") }
        #expect(error.code == .damaged && error.place.file == segment && error.place.offsets == 0..<1)
        let reader = try await log.reader(for: states, from: .earliest)
        let reading = try await #require(throws: LogError.self) { try await reader.next() }
        #expect(reading.code == .damaged)
    }

    @Test("truncating a compacted topic is exact, and what was given up is not carried on")
    func truncated() async throws {
        let scratch = Scratch()
        let log = try await log(scratch)
        var random = SeededGenerator(seed: 13)
        let writer = try await log.writer(for: states)
        let all = try await append(5000, keys: 2000, to: writer, at: Timestamp(nanoseconds: 0), &random)
        try await writer.close()
        _ = try await log.compact("states")
        try await log.truncate(states, before: 2500)
        let again = try await log.writer(for: states)
        let more = try await append(5000, keys: 2000, to: again, at: Timestamp(nanoseconds: 0), &random)
        try await again.close()
        _ = try await log.compact("states")
        let expected = last(all + more).filter { $0.offset >= 2500 }
        let found = try await read(log.reader(for: states, from: .earliest)).records
        #expect(found == expected)
    }
}
