import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import Testing

@testable import BrokerPeer
@testable import PenstockBroker

extension BrokerSuites {
    /// Batches that are not what they claim to be.
    @Suite("Batches that lie")
    struct LyingBatchTests {
        private static let seed =
            ProcessInfo.processInfo.environment["PENSTOCK_SOAK_SEED"].flatMap { UInt64($0) }
            ?? .random(in: 0...(.max))

        private static func append(_ batch: HonestBatch, claim: PortableClaim = .plain) -> Request {
            .append(Append(writer: 1, series: .max, claim: claim, transaction: 0, header: batch.header))
        }

        private static func writer(
            _ address: FabricAddress, _ transport: any Transport
        ) async throws -> RawClient {
            let client = try await RawClient.greeted(at: address, over: transport)
            #expect(try await client.outcome(of: .openWriter(1, LiarTests.load, .shared)) == .answered)
            return client
        }

        @Test("what is not the batch that its header promises is refused", arguments: [BatchCodec.raw, .lz4])
        func lies(codec: BatchCodec) async throws {
            typealias Lie = (inout HonestBatch) -> Void
            func header(_ range: Range<Int>, _ change: @escaping (UInt64) -> UInt64) -> Lie {
                { batch in
                    batch.set(range, change(batch.field(range)))
                    batch.sealed(body: false)
                }
            }
            let lies: [(String, Lie)] = [
                ("another magic", header(0..<4) { $0 ^ 1 }),
                ("a wrong checksum of the header", { $0.header[5] ^= 1 }),
                ("a generation", header(16..<24) { _ in 7 }),
                ("other first times", header(32..<40) { $0 - 1 }),
                ("other last times", header(40..<48) { $0 + 1 }),
                ("another schema", header(48..<56) { $0 ^ 1 }),
                ("no records", header(64..<68) { _ in 0 }),
                ("one record more", header(64..<68) { $0 + 1 }),
                ("one record less", header(64..<68) { $0 - 1 }),
                ("all records there are", header(64..<68) { _ in 0xFFFF_FFFF }),
                ("more bytes", header(68..<72) { $0 + 1 }),
                ("4 GiB", header(68..<72) { _ in 0xFFFF_FFFF }),
                ("fewer bytes", header(68..<72) { $0 - 1 }),
                ("more stored bytes", header(72..<76) { $0 + 1 }),
                ("fewer stored bytes", header(72..<76) { $0 - 1 }),
                ("a wrong checksum of the body", header(76..<80) { $0 ^ 1 }),
                ("the flag of a transaction", header(92..<94) { _ in 2 }),
                ("the flag of a commit", header(92..<94) { _ in 4 }),
                ("the flag of a begin", header(92..<94) { _ in 32 }),
                ("a flag that nobody knows", header(92..<94) { _ in 1 << 15 }),
                ("a control record that is none", header(92..<94) { _ in 1 }),

                ("no codec", header(94..<95) { _ in 200 }),
                ("a newer version", header(95..<96) { _ in 2 }),
                ("no columns", header(96..<98) { _ in 0 }),
                ("a column more", header(96..<98) { $0 | 1 << 14 }),
                ("a column less", header(96..<98) { $0 & ~1 }),
                ("a shorter prefix", header(112..<116) { $0 - 64 }),
                ("a longer prefix", header(112..<116) { _ in 0xFFFF_FFFF }),
                ("a wrong checksum of the prefix", header(116..<120) { $0 ^ 1 }),
                ("a shorter raw prefix", header(120..<124) { $0 - 64 }),
                ("a body that is cut", { $0.body.removeLast() }),
                ("a body that goes on", { $0.body.append(0) }),
                ("a bit of the body turned", { $0.body[$0.body.count / 2] ^= 1 }),
            ]
            // What is said to be compressed and is not any smaller is as good as what is not.
            let otherCodec = ("the other codec", header(94..<95) { $0 ^ 1 })
            try await LiarTests.withHonest { address, transport in
                let liar = try await Self.writer(address, transport)
                for (what, lie) in codec == .raw ? lies : lies + [otherCodec] {
                    var batch = try HonestBatch(99, count: 40, codec: codec, byteCount: codec == .raw ? 2_000 : 0)
                    lie(&batch)
                    let outcome = try await liar.outcome(of: Self.append(batch), batch.body)
                    let isRefused = outcome == .refused(.invalidBatch) || outcome == .refused(.schemaMismatch)
                    #expect(isRefused, "\(what): \(outcome)")
                }
            }
        }

        @Test("what only the owner of a partition says in a header is not taken from anybody else")
        func ownersFields() async throws {
            try await LiarTests.withHonest { address, transport in
                let liar = try await Self.writer(address, transport)
                // Base offset, append time, sequence, epoch, producer, its epoch, committed offset.
                for range in [8..<16, 24..<32, 56..<64, 80..<84, 84..<88, 88..<92, 104..<112] {
                    var batch = try HonestBatch(99, count: 3)
                    batch.set(range, 5)
                    batch.sealed(body: false)
                    #expect(try await liar.outcome(of: Self.append(batch), batch.body) == .answered, "\(range)")
                }
            }
        }

        @Test("lies under checksums that are right are refused where a reader would stumble over them")
        func sealedLies() async throws {
            try await LiarTests.withHonest { address, transport in
                let liar = try await Self.writer(address, transport)
                let honest = try HonestBatch(99, count: 4, byteCount: 100_000)
                let prefix = Int(honest.field(112..<116))
                // Each word of the prefix is changed once: columns of times, lengths, checksums, attributes.
                for place in stride(from: 0, to: prefix, by: 4) {
                    var batch = honest
                    batch.body[place] ^= 0x15
                    batch.sealed()
                    let outcome = try await liar.outcome(of: Self.append(batch), batch.body)
                    #expect(outcome == .answered || outcome == .refused(.invalidBatch), "byte \(place): \(outcome)")
                }
                var batch = honest
                batch.body[prefix + 70_000] ^= 1
                batch.sealed()
                #expect(try await liar.outcome(of: Self.append(batch), batch.body) == .refused(.invalidBatch))
            }
        }

        @Test("records of the log's own, and control records that are not as they are written, are refused")
        func controlRecords() async throws {
            try await LiarTests.withHonest { address, transport in
                let liar = try await Self.writer(address, transport)
                let honest = HonestBatch(try PortableBatch(control: .endOfStream, for: LiarTests.load))
                let id = TransactionID(high: 1, low: 2)
                for record in [
                    ControlRecord.transactionCommit(id), .transactionAbort(id),
                    .producer(ProducerRegistration(id: 1, epoch: 9, name: "producer-1")),
                ] {
                    var batch = honest
                    batch.body = record.encoded()
                    for range in [68..<72, 72..<76, 112..<116, 120..<124] { batch.set(range, UInt64(batch.body.count)) }
                    for flags: UInt64 in [1, 3, 5, 9] {
                        batch.set(92..<94, flags)
                        batch.sealed()
                        #expect(
                            try await liar.outcome(of: Self.append(batch), batch.body) == .refused(.invalidBatch),
                            "\(record), flags \(flags)")
                    }
                }
                for range in [32..<40, 40..<48, 48..<56, 64..<68, 96..<100, 116..<120] {
                    var batch = honest
                    batch.set(range, batch.field(range) ^ 2)
                    batch.sealed(body: false)
                    #expect(
                        try await liar.outcome(of: Self.append(batch), batch.body) == .refused(.invalidBatch),
                        "\(range)")
                }
            }
        }

        @Test("claims of other offsets and of producers that nobody has opened are refused")
        func claims() async throws {
            try await LiarTests.withHonest { address, transport in
                let liar = try await Self.writer(address, transport)
                let batch = try HonestBatch(99, count: 3)
                for offset: UInt64 in [1, 1 << 40, .max] {
                    #expect(
                        try await liar.outcome(of: Self.append(batch, claim: .at(offset)), batch.body)
                            == .refused(.offsetMismatch))
                }
                for stamp in [
                    ProducerStamp(producer: 0, epoch: 0, firstSequence: 0),
                    ProducerStamp(producer: 1, epoch: 1, firstSequence: 0),
                    ProducerStamp(producer: .max, epoch: .max, firstSequence: .max),
                ] {
                    #expect(
                        try await liar.outcome(of: Self.append(batch, claim: .producer(stamp)), batch.body)
                            == .refused(.unknownProducer))
                }
                var answer = try await liar.answer(to: .openProducer(writer: 1, name: "liar"))
                let session: ProducerSession = try answer.take()
                for (stamp, code) in [
                    (session.stamp(.max), LogError.Code.sequenceGap), (session.stamp(1), .sequenceGap),
                    (ProducerStamp(producer: session.id, epoch: session.epoch + 1, firstSequence: 0), .unknownProducer),
                ] {
                    #expect(
                        try await liar.outcome(of: Self.append(batch, claim: .producer(stamp)), batch.body)
                            == .refused(code))
                }
            }
        }

        @Test("500 messages with bytes changed at random disturb nobody and leave nothing wrong")
        func mutations() async throws {
            print("mutations: seed \(Self.seed)")
            var random = SplitMixGenerator(seed: Self.seed)
            try await LiarTests.withHonest { address, transport in
                var liar = try await Self.writer(address, transport)
                var dropped = 0
                for _ in 0..<500 {
                    if liar.hasEnded {
                        liar = try await Self.writer(address, transport)
                        dropped += 1
                    }
                    var batch = try HonestBatch(
                        99, count: .random(in: 1...30, using: &random),
                        codec: Bool.random(using: &random) ? .raw : .lz4,
                        byteCount: [0, 50, 3_000].randomElement(using: &random) ?? 0)
                    let kind = Int.random(in: 0..<4, using: &random)
                    if kind == 1 { Self.change(&batch.header, &random) }
                    if kind == 2 { Self.change(&batch.body, &random) }
                    if kind > 0, Bool.random(using: &random) { batch.sealed(body: Bool.random(using: &random)) }
                    let isAppend = kind > 0 || Bool.random(using: &random)
                    let request = isAppend ? Self.append(batch) : Self.requests.randomElement(using: &random) ?? .ping
                    var bytes = liar.message(request).bytes
                    if kind == 0 { Self.change(&bytes, &random) }
                    // A liar may also ask for what it has the right to: that would be no lie.
                    if bytes.count > 9, (8...10).contains(bytes[9]) { continue }
                    try liar.send(bytes, isAppend ? batch.body : nil)
                    // Its number may be another one now: the ping behind it tells that it was looked at.
                    _ = try await liar.outcome(of: .ping)
                }
                print("  \(dropped) connections dropped")
            }
        }

        private static var requests: [Request] {
            [
                .hello(Hello(client: "liar", token: "", session: [1, 2, 3])), .topics, .describe(Load.topic),
                .owners(topic: Load.topic), .openTopic(Load.topic, Load.schema, TopicConfiguration()),
                .openWriter(2, TopicPartition(Load.topic, 0), .shared), .openProducer(writer: 1, name: "liar"),
                .openReader(1, LiarTests.load, .time(Timestamp(nanoseconds: 5)), .everything),
                .fetch(Fetch(reader: 1, offset: 0, byteLimit: 1_000, waits: false)),
                .payloads(reader: 1, offsets: [0, 1, 2], .list([0..<5, 7..<9])),
                .payloads(reader: 1, offsets: [0], .strided(start: 0, length: 2, stride: 4, count: 3)),
                .openGroup(1, "liars"), .commit(group: 1, [LiarTests.load], [3]), .closeGroup(1),
                .beginTransaction(1, writers: [1]), .commitTransaction(1), .abortTransaction(1), .leaveTransaction(1),
                .createTopic(
                    "other", Load.schema,
                    TopicConfiguration(retention: Retention(bytes: 1 << 20, age: .seconds(60), untilConsumedBy: ["a"]))),
            ]
        }

        /// Changes some bytes, or takes some away, or adds some.
        private static func change(_ bytes: inout [UInt8], _ random: inout SplitMixGenerator) {
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let isBit = Bool.random(using: &random)
                bytes[place] = isBit ? bytes[place] ^ (UInt8(1) << UInt8.random(in: 0..<8, using: &random)) : .max
            }
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes.removeLast(.random(in: 0...bytes.count, using: &random))
            case 1:
                bytes += (0..<Int.random(in: 1...20, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            default: break
            }
        }
    }
}
