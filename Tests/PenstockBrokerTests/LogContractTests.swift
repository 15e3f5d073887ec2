import PenstockBroker
import PenstockEvents
import PenstockLog
import Testing

extension BrokerSuites {
    /// What holds for every log, wherever it is.
    @Suite("The contract of logs")
    struct LogContractTests {
        private static let readings = TopicPartition("readings")

        private func openReadings(
            _ log: any LogStore, _ configuration: TopicConfiguration = TopicConfiguration(durability: .pageCache)
        ) async throws {
            _ = try await log.openTopic("readings", schema: Reading.schema, creatingWith: configuration)
        }

        @Test("records come back as they were appended", arguments: LogKind.allCases, BatchCodec.allCases)
        func roundTrip(kind: LogKind, codec: BatchCodec) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log, TopicConfiguration(durability: .pageCache, codec: codec))
                let writer = try await site.log.writer(for: Self.readings)
                var pending: [PendingAppend] = []
                let sizes = [1, 5, 1_000, 1, 100_000, 7]
                var next = 0
                for size in sizes {
                    pending.append(try await writer.submit(.readings(next..<next + size)))
                    next += size
                }
                var expected: UInt64 = 0
                for (append, size) in zip(pending, sizes) {
                    let acknowledgement = try await append.acknowledgement()
                    #expect(acknowledgement.firstOffset == expected && acknowledgement.count == size)
                    #expect(acknowledgement.durability == .pageCache)
                    expected += UInt64(size)
                }
                for parts in [RecordParts.everything, .attributes] {
                    let reader = try await site.log.reader(for: Self.readings, from: .earliest, parts: parts)
                    var number = 0
                    while let entry = try await reader.next() {
                        guard case .records(let records) = entry else { continue }
                        #expect(records.baseOffset == UInt64(number))
                        records.withFixedEvents(of: Reading.self) { events in
                            for (index, event) in events.enumerated() where event != Reading(number + index) {
                                Issue.record("record \(number + index) is \(event)")
                            }
                        }
                        records.withTimes { #expect($0.first == Int64(number)) }
                        records.withKeyHashes { #expect($0.last == UInt64(number + records.count - 1) &* 0x9E37) }
                        number += records.count
                    }
                    #expect(number == next)
                    #expect(await reader.position == UInt64(next))
                    await reader.close()
                }
                try await writer.close()
            }
        }

        @Test("payloads come whole, in part, or not at all", arguments: LogKind.allCases)
        func payloads(kind: LogKind) async throws {
            try await withSite(kind) { site in
                let frames = TopicPartition("frames")
                _ = try await site.log.openTopic(
                    "frames", schema: Frame.schema, creatingWith: TopicConfiguration(durability: .pageCache))
                let writer = try await site.log.writer(for: frames)
                let sizes = [0, 1, 100, 70_000, 3 << 20, 5, 1 << 20]
                for (number, size) in sizes.enumerated() {
                    var batch = RecordBatchBuilder(schemaID: Frame.schema.id)
                    batch.append(Frame(number, byteCount: size), time: Timestamp(nanoseconds: 0))
                    try await writer.append(batch)
                }
                let reader = try await site.log.reader(for: frames, from: .earliest)
                for (number, size) in sizes.enumerated() {
                    guard case .records(let records) = try await reader.next() else {
                        Issue.record("no records \(number)")
                        return
                    }
                    let pixels = records.payload(at: 0).withUnsafeBytes { Array($0) }
                    #expect(pixels == Frame.pixels(number, size))
                }
                let lazy = try await site.log.reader(for: frames, from: .earliest, parts: .attributes)
                guard case .records(let first) = try await lazy.next() else { throw CancellationError() }
                #expect(!first.holdsPayloads)
                let all = try await lazy.payloads(of: [4, 3, 0], .all)
                #expect(all.map { $0.withUnsafeBytes { Array($0) } } == [4, 3, 0].map { Frame.pixels($0, sizes[$0]) })
                let part = try await lazy.payload(of: 4, .strided(start: 10, length: 3, stride: 1 << 20, count: 3))
                let pixels = Frame.pixels(4, 3 << 20)
                let expected = (0..<3).flatMap { pixels[10 + $0 << 20..<13 + $0 << 20] }
                #expect(part.withUnsafeBytes { Array($0) } == expected)
                #expect(try await code { try await lazy.payload(of: 1, .range(0..<2)) } == .rangeOutsidePayload)
                try await writer.close()
            }
        }

        @Test("control records stand between the batches, and reading begins anywhere", arguments: LogKind.allCases)
        func positions(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let writer = try await site.log.writer(for: Self.readings)
                try await writer.append(.readings(0..<10))
                try await writer.append(control: .timeMark(Timestamp(nanoseconds: 9)))
                try await writer.append(.readings(10..<20))
                try await writer.append(control: .endOfStream)
                let reader = try await site.log.reader(for: Self.readings, from: .earliest)
                let mark = try await reader.nextControl()
                #expect(mark?.offset == 10 && mark?.record == .timeMark(Timestamp(nanoseconds: 9)))
                guard case .records(let records) = try await reader.next() else { throw CancellationError() }
                #expect(records.baseOffset == 11 && records.count == 10)
                guard case .control(.endOfStream, let end) = try await reader.next() else { throw CancellationError() }
                #expect(end == 21)
                #expect(try await reader.next() == nil)
                func first(_ position: ReadPosition) async throws -> Int? {
                    let reader = try await site.log.reader(for: Self.readings, from: position)
                    guard case .records(let records) = try await reader.next() else { return nil }
                    return Int(try records.event(Reading.self, at: 0).number)
                }
                #expect(try await first(.offset(5)) == 5)
                #expect(try await first(.time(Timestamp(nanoseconds: 12))) == 12)
                #expect(try await first(.end) == nil)
                #expect(try await code { try await first(.offset(23)) } == .offsetOutOfRange)
                try await writer.close()
            }
        }

        @Test("who waits at the end is woken by what is appended, and by its own end", arguments: LogKind.allCases)
        func following(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let writer = try await site.log.writer(for: Self.readings)
                let reader = try await site.log.reader(for: Self.readings, from: .earliest)
                #expect(try await reader.next() == nil)
                for round in 0..<20 {
                    async let next = reader.following()
                    try await writer.append(.readings(round..<round + 1))
                    guard case .records(let records) = try await next else { throw CancellationError() }
                    #expect(try records.event(Reading.self, at: 0) == Reading(round))
                    // What is acknowledged is there at once.
                    #expect(try await site.log.describe("readings").partitions[0].nextOffset == UInt64(round + 1))
                }
                let waiting = Task { try await reader.waitForMore() }
                waiting.cancel()
                #expect(try await code { try await waiting.value } == .cancelled)
                try await writer.append(.readings(20..<21))
                #expect(try await reader.numbers() == [20])
                try await writer.close()
            }
        }

        @Test("a partition has one writer, until that is closed", arguments: LogKind.allCases)
        func ownership(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                for round in 0..<3 {
                    let writer = try await site.log.writer(for: Self.readings)
                    #expect(try await code { try await site.log.writer(for: Self.readings) } == .partitionOwned)
                    try await writer.append(.readings(round..<round + 1))
                    try await writer.close()
                    try await writer.close()
                    #expect(try await code { try await writer.append(.readings(0..<1)) } == .closed)
                }
                #expect(try await site.log.numbers(in: Self.readings) == [0, 1, 2])
            }
        }

        @Test("what a producer submits twice is in the log once", arguments: LogKind.allCases)
        func producers(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let writer = try await site.log.writer(for: Self.readings)
                let first = try await writer.producer(named: "detector")
                #expect(first.nextSequence == 0)
                try await writer.append(.readings(0..<10), from: first.stamp(0))
                let again = try await writer.append(.readings(0..<10), from: first.stamp(0))
                #expect(again.isDuplicate)
                #expect(
                    try await code { try await writer.append(.readings(20..<30), from: first.stamp(20)) }
                        == .sequenceGap)
                do throws(LogError) {
                    try await writer.append(.readings(5..<15), from: first.stamp(5))
                    Issue.record("half of it was there")
                } catch {
                    #expect(error.code == .partlyWritten && error.place.sequence == 10)
                }
                try await writer.append(.readings(10..<15), from: first.stamp(10))
                let second = try await writer.producer(named: "detector")
                #expect(second.id == first.id && second.epoch == first.epoch + 1 && second.nextSequence == 15)
                #expect(
                    try await code { try await writer.append(.readings(15..<16), from: first.stamp(15)) }
                        == .producerFenced)
                try await writer.close()
                #expect(try await site.log.numbers(in: Self.readings) == Array(0..<15))
            }
        }

        @Test("a batch for another place is refused", arguments: LogKind.allCases)
        func places(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let writer = try await site.log.writer(for: Self.readings)
                try await writer.append(.readings(0..<3))
                #expect(try await writer.submit(.readings(3..<5), at: 3).acknowledgement().firstOffset == 3)
                let wrong = try await code {
                    try await writer.submit(.readings(5..<6), at: 9).acknowledgement()
                }
                #expect(wrong == .offsetMismatch)
                try await writer.append(.readings(5..<6))
                let foreign = try await code {
                    var batch = RecordBatchBuilder(schemaID: Frame.schema.id)
                    batch.append(Frame(1, byteCount: 1), time: Timestamp(nanoseconds: 0))
                    return try await writer.append(batch)
                }
                #expect(foreign == .schemaMismatch)
                let empty = try await code { try await writer.append(RecordBatchBuilder(schemaID: Reading.schema.id)) }
                #expect(empty == .invalidBatch)
                try await writer.close()
                #expect(try await site.log.numbers(in: Self.readings) == Array(0..<6))
            }
        }

        @Test("rows of a transaction are seen together or not at all", arguments: LogKind.allCases)
        func transactions(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log, TopicConfiguration(partitions: 2, durability: .pageCache))
                let partitions = [TopicPartition("readings", 0), TopicPartition("readings", 1)]
                func writers(_ id: TransactionID? = nil) async throws -> [any TopicWriter] {
                    var writers: [any TopicWriter] = []
                    for partition in partitions {
                        writers.append(try await site.log.writer(for: partition, committing: id))
                    }
                    return writers
                }
                func contents() async throws -> [[Int]] {
                    [try await site.log.numbers(in: partitions[0]), try await site.log.numbers(in: partitions[1])]
                }
                var open = try await writers()
                let first = try await site.log.transaction(over: open)
                for (number, partition) in partitions.enumerated() {
                    _ = try await first.submit(.readings(number..<number + 1), to: partition)
                }
                #expect(try await code { try await open[0].append(.readings(0..<1)) } == .transactionOpen)
                #expect(try await contents() == [[], []])
                try await first.commit()
                #expect(try await contents() == [[0], [1]])
                let second = try await site.log.transaction(over: open)
                _ = try await second.submit(.readings(5..<6), to: partitions[1])
                try await second.abort()
                #expect(try await contents() == [[0], [1]])
                let third = try await site.log.transaction(over: open)
                for (number, partition) in partitions.enumerated() {
                    _ = try await third.submit(.readings(10 + number..<11 + number), to: partition).acknowledgement()
                }
                third.leave()
                for writer in open { try await writer.close() }
                #expect(try await contents() == [[0], [1]])
                open = try await writers(third.id)
                #expect(try await contents() == [[0, 10], [1, 11]])
                for writer in open { try await writer.close() }
            }
        }

        @Test("a group keeps its positions", arguments: LogKind.allCases)
        func groups(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log, TopicConfiguration(partitions: 2))
                let group = try await site.log.group("analysis")
                #expect(await group.positions.partitions.isEmpty)
                #expect(try await code { try await site.log.group("analysis") } == .partitionOwned)
                try await group.commit([TopicPartition("readings", 0): 7, TopicPartition("readings", 1): 9])
                try await group.commit([TopicPartition("readings", 0): 8])
                #expect(await group.positions[TopicPartition("readings", 0)] == 8)
                try await group.close()
                #expect(try await site.log.groups() == ["analysis"])
                let positions = try await site.log.positions(of: "analysis")
                #expect(positions.offsets == [TopicPartition("readings", 0): 8, TopicPartition("readings", 1): 9])
                let again = try await site.log.group("analysis")
                #expect(await again.positions == positions)
                try await again.close()
                try await site.log.deleteGroup("analysis")
                #expect(try await code { try await site.log.positions(of: "analysis") } == .groupNotFound)
            }
        }

        @Test("topics are created, described, changed, truncated and deleted", arguments: LogKind.allCases)
        func topics(kind: LogKind) async throws {
            try await withSite(kind) { site in
                // The description of so many partitions is larger than a message.
                let wide = TopicConfiguration(
                    partitions: 1_000, durability: .pageCache, retention: Retention(bytes: 1 << 30, age: .seconds(90)))
                let made = try await site.log.createTopic("wide", schema: Frame.schema, configuration: wide)
                #expect(made.partitions.count == 1_000 && made.configuration == wide && made.schema == Frame.schema)
                #expect(
                    try await code { try await site.log.createTopic("wide", schema: Frame.schema, configuration: wide) }
                        == .topicExists)
                #expect(
                    try await code { try await site.log.openTopic("wide", schema: Reading.schema, creatingWith: wide) }
                        == .schemaMismatch)
                #expect(try await code { try await site.log.describe("narrow") } == .topicNotFound)
                #expect(
                    try await code { try await site.log.writer(for: TopicPartition("wide", 1_000)) }
                        == .partitionNotFound)
                let altered = try await site.log.alterTopic("wide", TopicChange(durability: .durable))
                #expect(altered.configuration.durability == .durable)
                try await openReadings(site.log)
                #expect(try await site.log.topics() == ["readings", "wide"])
                let writer = try await site.log.writer(for: Self.readings)
                try await writer.append(.readings(0..<100))
                try await site.log.truncate(Self.readings, before: 40)
                #expect(try await site.log.numbers(in: Self.readings) == Array(40..<100))
                #expect(try await code { try await site.log.truncate(Self.readings, before: 101) } == .offsetOutOfRange)
                #expect(try await code { try await site.log.deleteTopic("readings") } == .partitionOwned)
                try await writer.close()
                try await site.log.deleteTopic("readings")
                #expect(try await site.log.topics() == ["wide"])
            }
        }
    }
}
