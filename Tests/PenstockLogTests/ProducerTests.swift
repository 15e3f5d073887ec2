import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Producers")
struct ProducerTests {
    private func readAll(_ log: EmbeddedLog) async throws -> [UInt64] {
        try await counts(log.reader(for: readings, from: .earliest))
    }

    @Test("L11: what a producer submits again is acknowledged again with its offset, and is in the log once")
    func duplicates() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        #expect(producer.nextSequence == 0)
        #expect(producer.epoch == 1)
        let first = try await writer.append(batch(0..<10), from: producer.stamp(0))
        let second = try await writer.append(batch(10..<15), from: producer.stamp(10))
        #expect(!first.isDuplicate)
        for _ in 0..<2 {
            let again = try await writer.append(batch(0..<10), from: producer.stamp(0))
            #expect(again.isDuplicate)
            #expect(again.offsets == first.offsets)
        }
        // Cut otherwise, from the middle of one batch to the middle of the other.
        let across = try await writer.append(batch(5..<13), from: producer.stamp(5))
        #expect(across.isDuplicate)
        #expect(across.firstOffset == first.firstOffset + 5)
        #expect(try await readAll(log) == Array(0..<15))
        #expect(second.firstOffset == first.firstOffset + 10)
        try await writer.close()
    }

    @Test("a batch that is partly there is refused with the sequence to go on at, and so is one behind a gap")
    func partsAndGaps() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        try await writer.append(batch(0..<10), from: producer.stamp(0))
        for (first, count, code) in [
            (8, 4, LogError.Code.partlyWritten), (11, 1, .sequenceGap), (0, 11, .partlyWritten),
        ] {
            let error = await #expect(throws: LogError.self) {
                try await writer.append(batch(first..<first + count), from: producer.stamp(UInt64(first)))
            }
            #expect(error?.code == code)
            #expect(error?.place.sequence == 10)
        }
        try await writer.append(batch(10..<12), from: producer.stamp(10))
        #expect(try await readAll(log) == Array(0..<12))
        try await writer.close()
    }

    @Test("a new session goes on where the name stopped, and fences the older one off")
    func fencing() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        let old = try await writer.producer(named: "detector")
        let other = try await writer.producer(named: "other")
        try await writer.append(batch(0..<10), from: old.stamp(0))
        let new = try await writer.producer(named: "detector")
        #expect((new.id, new.epoch, new.nextSequence) == (old.id, old.epoch + 1, 10))
        #expect(other.id != old.id)
        let fenced = await #expect(throws: LogError.self) {
            try await writer.append(batch(10..<20), from: old.stamp(10))
        }
        #expect(fenced?.code == .producerFenced)
        // A duplicate, too: the older instance has to learn that it is not alone.
        let duplicate = await #expect(throws: LogError.self) {
            try await writer.append(batch(0..<10), from: old.stamp(0))
        }
        #expect(duplicate?.code == .producerFenced)
        try await writer.append(batch(10..<20), from: new.stamp(10))
        try await writer.append(batch(20..<21), from: other.stamp(0))
        let unknown = await #expect(throws: LogError.self) {
            try await writer.append(batch(0..<1), from: ProducerStamp(producer: 9, epoch: 1, firstSequence: 0))
        }
        #expect(unknown?.code == .unknownProducer)
        #expect(try await readAll(log) == Array(0..<21))
        try await writer.close()
    }

    @Test("producers are known after a restart, clean or not, over several segments", arguments: [true, false])
    func restart(cleanly: Bool) async throws {
        let scratch = Scratch()
        var acknowledged: [Acknowledgement] = []
        var copy = scratch.path("log")
        do {
            let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
            let writer = try await log.writer(for: readings)
            let producer = try await writer.producer(named: "detector")
            for start in stride(from: 0, to: 20_000, by: 500) {
                acknowledged.append(
                    try await writer.append(batch(start..<start + 500), from: producer.stamp(UInt64(start))))
            }
            if cleanly {
                try await writer.close()
            } else {
                copy = scratch.path("copy")
                try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: copy)
            }
        }
        let log = try await EmbeddedLog(directory: copy)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        #expect((producer.epoch, producer.nextSequence) == (2, 20_000))
        for (index, first) in acknowledged.enumerated() {
            let again = try await writer.append(
                batch(index * 500..<index * 500 + 500), from: producer.stamp(UInt64(index * 500)))
            #expect(again.isDuplicate)
            // The last 16 batches are kept with their offsets.
            #expect(again.knowsOffset == (index >= acknowledged.count - 16))
            if again.knowsOffset { #expect(again.offsets == first.offsets) }
        }
        try await writer.append(batch(20_000..<20_001), from: producer.stamp(20_000))
        #expect(try await readAll(log) == Array(0..<20_001))
        try await writer.close()
    }

    @Test("producers are known after retention has removed all of their records", arguments: [true, false])
    func retention(cleanly: Bool) async throws {
        let scratch = Scratch()
        var path = scratch.path("log")
        do {
            let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
            let writer = try await log.writer(for: readings)
            let producer = try await writer.producer(named: "detector")
            try await writer.append(batch(0..<10), from: producer.stamp(0))
            for start in stride(from: 0, to: 10_000, by: 1000) { try await writer.append(batch(start..<start + 1000)) }
            try await log.truncate(readings, before: 9000)
            if cleanly {
                try await writer.close()
            } else {
                path = scratch.path("copy")
                try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: path)
            }
        }
        let log = try await EmbeddedLog(directory: path)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        #expect((producer.epoch, producer.nextSequence) == (2, 10))
        let again = try await writer.append(batch(0..<10), from: producer.stamp(0))
        #expect(again.isDuplicate && again.firstOffset == 1)
        try await writer.close()
    }

    @Test("what the ledger says is found in the records where it is missing, wrong or ahead", arguments: 0..<3)
    func lostLedger(damage: Int) async throws {
        let scratch = Scratch()
        let ledger = scratch.path("log/readings/0/ledger")
        do {
            let log = try await EmbeddedLog.withReadings(scratch)
            let writer = try await log.writer(for: readings)
            let producer = try await writer.producer(named: "detector")
            try await writer.append(batch(0..<10), from: producer.stamp(0))
            if damage == 2 {
                let other = try await EmbeddedLog(directory: scratch.path("other"))
                _ = try await other.openTopic("readings", schema: Reading.schema, creatingWith: TopicConfiguration())
                let ahead = try await other.writer(for: readings)
                let session = try await ahead.producer(named: "detector")
                try await ahead.append(batch(0..<100), from: session.stamp(0))
                try await ahead.close()
            }
            try await writer.close()
        }
        switch damage {
        case 0: try FileManager.default.removeItem(atPath: ledger)
        case 1: try flip(ledger, at: 30)
        default:
            try FileManager.default.removeItem(atPath: ledger)
            try FileManager.default.copyItem(atPath: scratch.path("other/readings/0/ledger"), toPath: ledger)
        }
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        #expect((producer.epoch, producer.nextSequence) == (2, 10))
        try await writer.close()
    }

    @Test("the repetition of a batch in flight is acknowledged when the first one is")
    func inFlight() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .durable, storage: storage)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        let gate = DispatchSemaphore(value: 0)
        storage.onSync { gate.wait() }
        let first = try await writer.submit(batch(0..<10), from: producer.stamp(0))
        let behind = try await writer.submit(batch(10..<20), from: producer.stamp(10))
        let again = try await writer.submit(batch(0..<10), from: producer.stamp(0))
        let both = try await writer.submit(batch(0..<20), from: producer.stamp(0))
        storage.onSync(nil)
        for _ in 0..<8 { gate.signal() }
        #expect(try await again.acknowledgement().offsets == first.acknowledgement().offsets)
        #expect(try await again.acknowledgement().isDuplicate)
        #expect(try await both.acknowledgement().firstOffset == first.firstOffset)
        _ = try await behind.acknowledgement()
        #expect(try await readAll(log) == Array(0..<20))
        try await writer.close()
    }

    @Test("where a batch in flight fails its repetition fails too, and may be appended then")
    func failureInFlight() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .durable, storage: storage)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        try await writer.append(batch(0..<10), from: producer.stamp(0))
        let gate = DispatchSemaphore(value: 0)
        storage.onSync { gate.wait() }
        storage.fail("sync segment", with: .other)
        let first = try await writer.submit(batch(10..<20), from: producer.stamp(10))
        let again = try await writer.submit(batch(10..<20), from: producer.stamp(10))
        storage.onSync(nil)
        for _ in 0..<8 { gate.signal() }
        await #expect(throws: LogError.self) { try await first.acknowledgement() }
        await #expect(throws: LogError.self) { try await again.acknowledgement() }
        storage.fail("sync segment", with: nil)
        let retried = try await writer.append(batch(10..<20), from: producer.stamp(10))
        #expect(!retried.isDuplicate)
        #expect(try await readAll(log) == Array(0..<20))
        try await writer.close()
    }

    @Test("names and their number have limits")
    func limits() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.producersPerPartition = 2
        let log = try await EmbeddedLog.withReadings(scratch, limits: limits)
        let writer = try await log.writer(for: readings)
        for name in ["", String(repeating: "n", count: 201)] {
            let error = await #expect(throws: LogError.self) { try await writer.producer(named: name) }
            #expect(error?.code == .invalidProducerName)
        }
        _ = try await writer.producer(named: "a")
        _ = try await writer.producer(named: String(repeating: "n", count: 200))
        let error = await #expect(throws: LogError.self) { try await writer.producer(named: "c") }
        #expect(error?.code == .tooManyProducers)
        #expect(try await writer.producer(named: "a").epoch == 2)
        try await writer.close()
    }

    @Test("readers do not see the log's own records, but their position goes over them")
    func hidden() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        _ = try await writer.producer(named: "a")
        try await writer.append(control: .endOfStream)
        _ = try await writer.producer(named: "b")
        let reader = try await log.reader(for: readings, from: .earliest)
        guard case .control(.endOfStream, let offset) = try await reader.next() else {
            Issue.record("the first record that is delivered is the user's")
            return
        }
        #expect(offset == 1)
        #expect(try await counts(reader).isEmpty)
        #expect(await reader.position == 3)
        let controls = try await log.reader(for: readings, from: .earliest)
        #expect(try await controls.nextControl()?.offset == 1)
        #expect(try await controls.nextControl()?.offset == nil)
        #expect(await controls.position == 3)
        let own = ControlRecord.transactionCommit(TransactionID(high: 0, low: 1))
        let error = await #expect(throws: LogError.self) { try await writer.append(control: own) }
        #expect(error?.code == .invalidBatch)
        try await writer.close()
    }
}
