import PenstockEvents
import PenstockLog
import Testing

@Suite("The newest batches in memory")
struct TailTests {
    @Test("a reader in the writer's process gets the newest batches without the file")
    func withoutFile() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let log = try await EmbeddedLog.withReadings(scratch, storage: storage)
        let writer = try await log.writer(for: readings)
        let reader = try await log.reader(for: readings, from: .earliest)
        storage.fail("read segment", with: .other)
        for number in 0..<20 { try await writer.append(batch(number..<number + 1)) }
        #expect(try await counts(reader) == (0..<20).map { UInt64($0) })
        let inside = try await log.reader(for: readings, from: .offset(7))
        #expect(try await counts(inside) == (7..<20).map { UInt64($0) })
        try await writer.append(batch(20..<25))
        let middle = try await log.reader(for: readings, from: .offset(22))
        #expect(try await counts(middle) == [22, 23, 24])
        storage.fail("read segment", with: nil)
        try await writer.close()
    }

    @Test("what memory does not hold any more comes from the file, without a gap or a repetition")
    func fromFileToMemory() async throws {
        let scratch = Scratch()
        var limits = LogLimits()
        limits.tailBytesPerPartition = 4000
        limits.readWindowBytes = 2000
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10, limits: limits)
        let writer = try await log.writer(for: readings)
        let follower = try await log.reader(for: readings, from: .earliest)
        var followed: [UInt64] = []
        for number in 0..<400 {
            try await writer.append(batch(5 * number..<5 * number + 5))
            if number % 37 == 0 { followed += try await counts(follower) }
        }
        followed += try await counts(follower)
        #expect(followed == (0..<2000).map { UInt64($0) })
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == followed)
        try await writer.close()
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == followed)
    }

    @Test("a block of records with payloads of one length is the same as the records one by one")
    func payloadBlocks() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let schema = Schema("Sample", fields: [.init("number", .u64)], payload: .init("bytes", .bytes))
        let topic = TopicPartition("samples")
        _ = try await log.createTopic("samples", schema: schema, configuration: .init(durability: .pageCache))
        let writer = try await log.writer(for: topic)
        var expected: [(number: UInt64, bytes: [UInt8])] = []
        for bytes in [0, 1, 16, 68, 1024, 65_536] {
            let numbers = (0..<50).map { UInt64(expected.count + $0) }
            let content = (0..<50 * bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 255) }
            var builder = RecordBatchBuilder(schemaID: schema.id)
            numbers.withUnsafeBufferPointer { numbers in
                let times = numbers.map { Int64($0) }
                times.withUnsafeBufferPointer { times in
                    builder.append(
                        block: UnsafeRawBufferPointer(numbers), times: times,
                        payloads: content.withUnsafeBytes { Payload(copying: $0) })
                }
            }
            try await writer.append(builder)
            for (index, number) in numbers.enumerated() {
                expected.append((number, Array(content[index * bytes..<(index + 1) * bytes])))
            }
        }
        try await writer.close()
        let reader = try await log.reader(for: topic, from: .earliest)
        var number = 0
        while case .records(let records)? = try await reader.next() {
            for index in 0..<records.count {
                #expect(records.payload(at: index).withUnsafeBytes { Array($0) } == expected[number].bytes)
                #expect(records.withAttributes(at: index) { $0.load(as: UInt64.self) } == expected[number].number)
                number += 1
            }
        }
        #expect(number == expected.count)
    }
}
