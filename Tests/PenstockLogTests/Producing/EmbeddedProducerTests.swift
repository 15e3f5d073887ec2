import PenstockEvents
import PenstockLog
import Testing

@Suite("Producers of an embedded log", .timeLimit(.minutes(10)))
struct EmbeddedProducerTests {
    @Test("times, keys, attributes and payloads arrive as they were sent, in partitions by key, whatever the batches")
    func roundTrip() async throws {
        var random = SeededGenerator(seed: 7)
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let producer = try await Producer<Frame>(
            "frames", in: log, creatingWith: TopicConfiguration(partitions: 3, durability: .pageCache),
            options: ProducerOptions(name: "camera", partitioner: .key, batchBytes: 2000, batchRecords: 17))
        var sent: [Int: [(frame: Frame, time: Int64, keyHash: UInt64?)]] = [:]
        var receipts: [(receipt: Receipt, place: Int)] = []
        for number in 0..<500 {
            // Batches with keys and without ones, of several lengths, some without pixels.
            let frame = Frame(
                number: UInt64(number), label: String(repeating: "x", count: Int.random(in: 0...9, using: &random)),
                pixels: [UInt8](
                    repeating: UInt8(number & 255), count: [0, 0, 8, 300].randomElement(using: &random) ?? 0))
            let keyHash = Int.random(in: 0..<4, using: &random) == 0 ? nil : KeyHash.of(number % 11)
            let time = Int64.random(in: -1000...1000, using: &random)
            let receipt = try await producer.send(frame, time: Timestamp(nanoseconds: time), keyHash: keyHash)
            let partition = keyHash.map { KeyGroup.partition(of: $0, among: 3) } ?? 0
            #expect(receipt.partition.partition == partition)
            receipts.append((receipt, sent[partition]?.count ?? 0))
            sent[partition, default: []].append((frame, time, keyHash))
        }
        try await producer.close()
        for (receipt, place) in receipts {
            // The session's own record is the first.
            #expect(try await receipt.offset() == UInt64(place + 1))
            #expect(try await receipt.acknowledgement().durability == .pageCache)
        }
        let consumer = try await Consumer<Frame>(
            topic: "frames", in: log, options: ConsumerOptions(end: .caughtUp))
        var places = [0, 0, 0]
        for try await batch in consumer {
            let partition = batch.partition.partition
            for (index, frame) in batch.events.enumerated() {
                let expected = try #require(sent[partition])[places[partition]]
                places[partition] += 1
                #expect(frame == expected.frame)
                #expect(batch.time(at: index).nanoseconds == expected.time)
                #expect(batch.records.withKeyHashes { $0.isEmpty ? nil : $0[index] } == expected.keyHash)
            }
        }
        #expect(places == (0..<3).map { sent[$0]?.count ?? 0 })
        try await consumer.close()
    }

    @Test(
        "a disk that fails for a while delays a named producer, and costs nothing",
        arguments: [
            "write segment", "sync segment", "write head",
        ])
    func failingDisk(operation: String) async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, durability: .durable, storage: storage)
        let clock = ManualTimerClock()
        let producer = try await Producer<Reading>(
            "readings", in: log,
            options: ProducerOptions(name: "detector", linger: .zero, batchRecords: 10, clock: clock))
        var receipts: [Receipt] = []
        for number in 0..<200 {
            if number == 100 { storage.fail(operation, with: .other) }
            receipts.append(try await producer.send(Reading(number), time: Timestamp(nanoseconds: 0)))
        }
        try await clock.sleepers(1)
        storage.fail(operation, with: nil)
        clock.advance(by: .seconds(10))
        try await producer.close()
        let consumer = try await RecordConsumer([readings], in: log, options: ConsumerOptions(end: .caughtUp))
        var offsets: [UInt64] = []
        var numbers: [Int] = []
        while let delivery = try await consumer.next() {
            offsets += delivery.offsets
            numbers += try delivery.events(of: Reading.self).map { Int($0.count) }
        }
        #expect(numbers == Array(0..<200))
        #expect(receipts.count == 200)
        for (number, receipt) in receipts.enumerated() { #expect(try await receipt.offset() == offsets[number]) }
        try await consumer.close()
    }

    @Test("a topic of another schema, or none, is refused when the producer is opened")
    func schema() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        for configuration in [nil, TopicConfiguration()] {
            let error = await #expect(throws: LogError.self) {
                try await Producer<Frame>("readings", in: log, creatingWith: configuration)
            }
            #expect(error?.code == .schemaMismatch)
        }
        let missing = await #expect(throws: LogError.self) { try await Producer<Reading>("others", in: log) }
        #expect(missing?.code == .topicNotFound)
        let padded = await #expect(throws: LogError.self) { try await Producer<Padded>("readings", in: log) }
        #expect(padded?.code == .schemaMismatch)
    }

    @Test("encoded records that cannot be the topic's are refused one by one")
    func encoded() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let producer = try await RecordProducer("readings", of: Reading.schema, in: log)
        let bytes = withUnsafeBytes(of: Reading(5)) { Array($0) }
        let receipt = try await producer.send(attributes: bytes, time: Timestamp(nanoseconds: 3))
        let short = await #expect(throws: LogError.self) {
            try await producer.send(attributes: Array(bytes.dropLast()), time: Timestamp(nanoseconds: 3))
        }
        #expect(short?.code == .schemaMismatch)
        let payload = await #expect(throws: LogError.self) {
            try await producer.send(
                attributes: bytes, payload: Payload(byteCount: 8) { $0.initializeMemory(as: UInt8.self, repeating: 0) },
                time: Timestamp(nanoseconds: 3))
        }
        #expect(payload?.code == .schemaMismatch)
        #expect(try await receipt.offset() == 0)
        try await producer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == [5])
    }
}

/// Its layout has padding, which its schema has not.
private struct Padded: FixedEvent {
    var small: UInt32
    var large: UInt64

    static let schema = Schema("Reading", fields: [.init("small", .u32), .init("large", .u64)])
}
