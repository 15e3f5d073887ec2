import PenstockEvents
import PenstockLog
import Testing

@Suite("Partitioners", .timeLimit(.minutes(10)))
struct PartitionerTests {
    private func partitions(
        _ partitioner: Partitioner, _ keyHashes: [UInt64?], count: Int, named: Int? = nil
    ) async throws -> [Int] {
        let log = ModelLog("model", schema: Reading.schema, partitions: count)
        let producer = try await Producer<Reading>(
            "model", in: log, options: ProducerOptions(partitioner: partitioner))
        var partitions: [Int] = []
        for (number, keyHash) in keyHashes.enumerated() {
            let receipt = try await producer.send(
                Reading(number), time: Timestamp(nanoseconds: 0), keyHash: keyHash, partition: named)
            partitions.append(receipt.partition.partition)
        }
        try await producer.close()
        // What is there is where the receipts say.
        let found = (0..<count).map { log.entries(TopicPartition("model", $0)).count }
        #expect(found == (0..<count).map { number in partitions.count { $0 == number } })
        return partitions
    }

    @Test("by key the group of the hash's upper half decides, as in the stages of a pipeline")
    func key() async throws {
        // 128 groups in equal ranges: of 4 partitions each has 32 groups, a quarter of the hashes.
        let hashes: [UInt64?] = [0, 1 << 62 - 1, 1 << 62, 1 << 63, 3 << 62, .max, nil]
        #expect(try await partitions(.key, hashes, count: 4) == [0, 0, 1, 2, 3, 3, 0])
        // Of 3 partitions: groups 0 to 42, 43 to 85, 86 to 127, by 3 g / 128 rounded down.
        let groups: [UInt64?] = [42, 43, 85, 86, 127].map { $0 << 57 }
        #expect(try await partitions(.key, groups, count: 3) == [0, 1, 1, 2, 2])
    }

    @Test("hashes of keys are those of the columns", arguments: [0, 7, -3] as [Int64])
    func hashes(number: Int64) {
        // SplitMix64 of the canonical integer is one to one; XXH64 of nothing is 0xEF46DB3751D8E999 by its
        // specification.
        #expect(SplitMix64.unmix(KeyHash.of(number)) == UInt64(bitPattern: number) ^ 1 << 63)
        #expect(KeyHash.of("") == 0xEF46_DB37_51D8_E999)
    }

    @Test("by turns each partition gets the next record")
    func roundRobin() async throws {
        let none = [UInt64?](repeating: nil, count: 7)
        #expect(try await partitions(.roundRobin, none, count: 3) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test("a function decides by hash and number of partitions, and a record's own partition before everything")
    func custom() async throws {
        let last = Partitioner.custom { hash, count in hash == nil ? count - 1 : Int(hash! % UInt64(count)) }
        #expect(try await partitions(last, [nil, 4, 5, nil], count: 3) == [2, 1, 2, 2])
        #expect(try await partitions(last, [nil, 4], count: 3, named: 0) == [0, 0])
        #expect(try await partitions(.explicit, [nil, 4], count: 3, named: 1) == [1, 1])
    }

    @Test("a partition that is not there, or not named, is an error of the send")
    func missing() async throws {
        for (partitioner, named) in [
            (Partitioner.explicit, Int?.none), (.roundRobin, 3), (.roundRobin, -1),
            (.custom { _, count in count }, nil),
        ] {
            let error = await #expect(throws: LogError.self) {
                try await partitions(partitioner, [nil], count: 3, named: named)
            }
            #expect(error?.code == .partitionNotFound)
        }
    }
}
