import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer
@testable import PenstockBroker

extension BrokerSuites {
    /// Clients that do not keep to the protocol, beside one that does.
    @Suite("Clients that lie")
    struct LiarTests {
        static let load = TopicPartition(LoadRecord.topic)

        /// Runs a test against a broker in a process of its own, with an honest producer and reader beside it, and looks at the log.
        static func withHonest(
            _ body: (FabricAddress, any Transport) async throws -> Void
        ) async throws {
            let served = try await ServedLog(.peer(silence: 120_000))
            let stop = served.folder("stop")
            let producer = try served.produce(
                1, "--partition", "1", "--pause", "5", "--durability", "pageCache", "--until", stop)
            try await producer.line("session ")
            let reader = try served.consume("--partition", "1", "--until", stop + "ped")
            let address = served.address
            let transport = try TCPTransport(security: .plaintext)
            do { try await body(address, transport) } catch {
                await transport.close()
                throw error
            }
            await transport.close()
            #expect(served.broker.isRunning, "\(served.broker.errors)")
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try Data().write(to: URL(fileURLWithPath: stop + "ped"))
            #expect(try await reader.ended() == 0, "\(reader.errors)")
            #expect(ProducerAccount(producer).sessions == 1, "the honest producer was disturbed")
            try await served.stop()
            let contents = try await served.contents(1)
            check(contents, of: [1: producer], "an honest producer beside liars")
            #expect(reader.lines.last?.hasPrefix("done \(contents.count) ") == true)
            try await readEverything(served.directory)
        }

        /// What is in the partition of the liars can be read, whichever parts of it are asked for.
        private static func readEverything(_ directory: String) async throws {
            let log = try await EmbeddedLog(directory: directory, creating: false)
            for parts in [RecordParts.everything, .attributes] {
                let reader = try await log.reader(for: load, from: .earliest, parts: parts)
                while let entry = try await reader.next() {
                    guard case .records(let records) = entry else { continue }
                    #expect(records.schemaID == LoadRecord.schema.id)
                    for index in 0..<records.count {
                        records.withAttributes(at: index) { _ in }
                        if parts == .everything { _ = records.payload(at: index) }
                    }
                    let offsets = (0..<records.count).map { records.baseOffset + UInt64($0) }
                    _ = try await reader.payloads(of: offsets, .all)
                    _ = try await reader.payloads(of: offsets, .range(0..<0))
                }
                await reader.close()
            }
        }

        @Test("whoever does not say hello as it is said is dropped")
        func greetings() async throws {
            try await Self.withHonest { address, transport in
                let hello = Hello(client: "liar", token: "", session: Array(repeating: 7, count: 32))
                let honest = Envelope(.request, 1).message { $0.put(Request.hello(hello)) }
                var wrongMagic = honest
                wrongMagic[10] ^= 1
                let messages: [(String, [UInt8], [UInt8]?)] = [
                    ("a ping first", Envelope(.request, 1).message { $0.put(Request.ping) }, nil),
                    ("a request first", Envelope(.request, 1).message { $0.put(Request.topics) }, nil),
                    ("leaving first", Envelope(.request, 1).message { $0.put(Request.leaveTransaction(1)) }, nil),
                    ("another magic", wrongMagic, nil),
                    ("nothing", [], nil),
                    ("less than an envelope", [0, 1, 0], nil),
                    ("an envelope alone", Array(honest.prefix(9)), nil),
                    ("an answer", [1] + honest.dropFirst(), nil),
                    ("no kind of message", [9] + honest.dropFirst(), nil),
                    ("a hello that is cut", Array(honest.dropLast(3)), nil),
                    ("a hello that goes on", honest + [0], nil),
                    ("a hello beside a payload", honest, [1, 2, 3]),
                    ("a large hello in a payload", Array(honest.prefix(9)), [UInt8](repeating: 0, count: 1 << 20)),
                ]
                for (what, bytes, payload) in messages {
                    let liar = try await RawClient.connect(to: address, over: transport)
                    try liar.send(bytes, payload)
                    try await eventually("the end of who sends \(what)") { liar.hasEnded }
                }
                let twice = try await RawClient.greeted(at: address, over: transport)
                #expect(try await twice.outcome(of: .hello(hello)) == .dropped)
                let newer = try await RawClient.connect(to: address, over: transport)
                var other = hello
                other.version = 99
                #expect(try await newer.outcome(of: .hello(other)) == .refused(.newerFormat))
                try await eventually("the end of another version") { newer.hasEnded }
            }
        }

        @Test("what is no request drops the client")
        func requests() async throws {
            try await Self.withHonest { address, transport in
                func request(_ kind: UInt8, _ fill: (inout WireWriter) -> Void = { _ in }) -> [UInt8] {
                    Envelope(.request, 77).message { message in
                        message.put(kind)
                        fill(&message)
                    }
                }
                let (describe, openReader, fetch, payloads, describeLists): (UInt8, UInt8, UInt8, UInt8, UInt8) = (
                    6, 16, 17, 20, 28
                )
                let messages: [(String, [UInt8])] = [
                    ("request 0", request(0)), ("request 200", request(200)), ("request 255", request(255)),
                    ("no request", Array(request(1).prefix(9))),
                    ("a text of 4 GiB", request(describe) { $0.put(UInt32.max) }),
                    ("a text that is cut", request(describe) { $0.put(UInt32(10)) }),
                    ("no UTF-8", request(describe) { $0.put([0xFF, 0xFE] as [UInt8]) }),
                    ("bytes too many", request(5) { $0.put(UInt8(1)) }),
                    (
                        "a list of 4 Gi",
                        request(describeLists) {
                            $0.put(UInt32(1))
                            $0.put(UInt32.max)
                        }
                    ),
                    (
                        "a range backwards",
                        request(payloads) {
                            $0.put(UInt32(1))
                            $0.put([1] as [UInt64])
                            $0.put(UInt8(1))
                            $0.put(9)
                            $0.put(3)
                        }
                    ),
                    (
                        "no position",
                        request(openReader) {
                            $0.put(UInt32(1))
                            $0.put(Self.load)
                            $0.put(UInt8(9))
                        }
                    ),
                    (
                        "no truth value",
                        request(fetch) {
                            $0.put(UInt32(1))
                            $0.put(UInt64(0))
                            $0.put(UInt32(1))
                            $0.put(UInt8(2))
                        }
                    ),
                ]
                for (what, bytes) in messages {
                    let liar = try await RawClient.greeted(at: address, over: transport)
                    #expect(try await liar.outcome(ofBytes: bytes) == .dropped, "\(what)")
                }
            }
        }

        @Test("what was never opened, and names and numbers that mean nothing, are refused, and the client stays")
        func refusals() async throws {
            try await Self.withHonest { address, transport in
                let liar = try await RawClient.greeted(at: address, over: transport)
                let body = try HonestBatch(99, count: 3)
                func append(_ writer: UInt32, transaction: UInt32 = 0) -> Request {
                    .append(
                        Append(
                            writer: writer, series: .max, claim: .plain, transaction: transaction, header: body.header))
                }
                #expect(try await liar.outcome(of: append(5), body.body) == .refused(.closed))
                #expect(try await liar.outcome(of: .openWriter(1, Self.load, .shared)) == .answered)
                #expect(
                    try await liar.outcome(of: .openWriter(1, Self.load, .shared)) == .refused(.invalidConfiguration))
                #expect(try await liar.outcome(of: append(1, transaction: 3), body.body) == .refused(.closed))
                #expect(try await liar.outcome(of: append(1), []) == .refused(.invalidBatch))
                let others: [(Request, LogError.Code)] = [
                    (.openProducer(writer: 9, name: "p"), .closed),
                    (.openProducer(writer: 1, name: ""), .invalidProducerName),
                    (.openProducer(writer: 1, name: String(repeating: "p", count: 7_000)), .invalidProducerName),
                    (.fetch(Fetch(reader: 9, offset: 0, byteLimit: .max, waits: true)), .closed),
                    (.nextControl(reader: 9, from: .max), .closed),
                    (.skipDamage(reader: 9, at: 0), .closed),
                    (.payloads(reader: 9, offsets: [0], .all), .closed),
                    (.commit(group: 9, [Self.load], [1]), .closed),
                    (.commitTransaction(9), .transactionFailed),
                    (.abortTransaction(9), .transactionFailed),
                    (.beginTransaction(1, writers: []), .invalidTransaction),
                    (.beginTransaction(1, writers: [9]), .invalidTransaction),
                    (.beginTransaction(1, writers: [1, 1]), .invalidTransaction),
                    (.describe("../load"), .invalidTopicName), (.describe(""), .invalidTopicName),
                    (.deleteTopic(".."), .invalidTopicName), (.owners(topic: "a/b"), .invalidTopicName),
                    (.alterTopic("../load", TopicChange()), .invalidTopicName),
                    (.openWriter(2, TopicPartition("../load"), .shared), .invalidTopicName),
                    (.openReader(2, TopicPartition("/etc"), .earliest, .everything), .invalidTopicName),
                    (.openWriter(2, TopicPartition(LoadRecord.topic, -1), .shared), .partitionNotFound),
                    (.openReader(2, TopicPartition(LoadRecord.topic, .max), .end, .attributes), .partitionNotFound),
                    (.recover(TopicPartition(LoadRecord.topic, .min)), .partitionNotFound),
                    (.truncate(Self.load, before: .max), .offsetOutOfRange),
                    (.openReader(2, Self.load, .offset(.max), .everything), .offsetOutOfRange),
                    (.openGroup(1, "../group"), .invalidConfiguration),
                    (.positions(group: ""), .invalidConfiguration),
                    (.deleteGroup("/"), .invalidConfiguration),
                    (.deleteTopic("_penstock.positions.x"), .invalidTopicName),
                    (.openWriter(3, TopicPartition("_penstock.positions.x"), .shared), .topicNotFound),
                ]
                for (request, code) in others {
                    let outcome = try await liar.outcome(of: request)
                    #expect(outcome == .refused(code), "\(request): \(outcome)")
                }
                for configuration in [
                    TopicConfiguration(partitions: 0), TopicConfiguration(partitions: .min),
                    TopicConfiguration(partitions: 1 << 40), TopicConfiguration(segmentBytes: -1),
                    TopicConfiguration(retention: Retention(bytes: .min)),
                    TopicConfiguration(retention: Retention(age: .seconds(Int64.min))),
                ] {
                    #expect(
                        try await liar.outcome(of: .createTopic("new", LoadRecord.schema, configuration))
                            == .refused(.invalidConfiguration))
                }
                let longest = TopicConfiguration(retention: Retention(age: .seconds(Int64.max)))
                #expect(try await liar.outcome(of: .createTopic("long", LoadRecord.schema, longest)) == .answered)
                // What is good stays good.
                #expect(try await liar.outcome(of: append(1), body.body) == .answered)
                #expect(
                    try await liar.outcome(
                        of: .openReader(4, Self.load, .time(Timestamp(nanoseconds: .min)), .everything))
                        == .answered)
                for selection in [
                    PayloadSelection.range(-5..<3), .range(0..<Int.max), .list([0..<Int.max, 0..<Int.max]),
                    .list(Array(repeating: 0..<1 << 40, count: 400)),
                    .strided(start: .max, length: .max, stride: 1, count: 2),
                    .strided(start: 0, length: 0, stride: 0, count: .max),
                    .strided(start: -1, length: -1, stride: -1, count: -1),
                ] {
                    let outcome = try await liar.outcome(of: .payloads(reader: 4, offsets: [0], selection))
                    #expect(
                        outcome == .refused(.rangeOutsidePayload) || outcome == .refused(.invalidBatch), "\(selection)")
                }
                #expect(
                    try await liar.outcome(of: .payloads(reader: 4, offsets: Array(repeating: 1, count: 950), .all))
                        == .answered)
                #expect(
                    try await liar.outcome(of: .payloads(reader: 4, offsets: [.max], .all))
                        == .refused(.offsetOutOfRange))
            }
        }

        @Test("nobody appends in the name of a producer whose session is somebody else's")
        func forgedStamps() async throws {
            try await Self.withHonest { address, transport in
                let (honest, liar) = (
                    try await RawClient.greeted(at: address, over: transport),
                    try await RawClient.greeted(at: address, over: transport)
                )
                for client in [honest, liar] {
                    #expect(try await client.outcome(of: .openWriter(1, Self.load, .shared)) == .answered)
                }
                var answer = try await honest.answer(to: .openProducer(writer: 1, name: "honest"))
                let session: ProducerSession = try answer.take()
                let batch = try HonestBatch(99, count: 3)
                func append(_ stamp: ProducerStamp) -> Request {
                    .append(
                        Append(writer: 1, series: 0, claim: .producer(stamp), transaction: 0, header: batch.header))
                }
                #expect(try await liar.outcome(of: append(session.stamp(0)), batch.body) == .refused(.unknownProducer))
                #expect(try await honest.outcome(of: append(session.stamp(0)), batch.body) == .answered)
            }
        }
    }
}
