import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import Testing

extension BrokerSuites {
    /// What becomes of clients, and of the broker, when one of them goes.
    @Suite("Brokers and clients that go")
    struct BrokerFaultTests {
        private static let readings = TopicPartition("readings")
        private static let pageCache = TopicConfiguration(durability: .pageCache)

        private func openReadings(_ log: any LogStore) async throws {
            _ = try await log.openTopic("readings", schema: Reading.schema, creatingWith: Self.pageCache)
        }

        /// Tries until `body` does not throw an error of this code.
        private func afterwards<Result>(
            _ code: LogError.Code, _ body: () async throws -> Result
        ) async throws -> Result {
            while true {
                do { return try await body() } catch let error as LogError where error.code == code {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }

        @Test("what a client had open is free when it goes", arguments: LogKind.remote)
        func clientGoes(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let other = site.client()
                let writer = try await other.writer(for: Self.readings)
                let group = try await other.group("analysis")
                let reader = try await other.reader(for: Self.readings, from: .earliest)
                let kept = try await writer.append(.readings(0..<10))
                #expect(kept.offsets == 0..<10)
                // What is there is read first, so that the reader waits for more.
                #expect(try await reader.numbers() == Array(0..<10))
                let waiting = Task { try await reader.following() }
                other.close()
                #expect(try await code { try await writer.append(.readings(0..<1)) } == .unreachable)
                #expect(try await code { try await group.commit([Self.readings: 1]) } == .closed)
                #expect(try await code { try await waiting.value } == .closed)
                let next = try await afterwards(.partitionOwned) { try await site.log.writer(for: Self.readings) }
                #expect(try await next.append(.readings(10..<11)).firstOffset == 10)
                let heir = try await afterwards(.partitionOwned) { try await site.log.group("analysis") }
                try await heir.close()
                try await next.close()
            }
        }

        @Test("a transaction of a client that goes is left to the next writer", arguments: LogKind.remote)
        func transactionLeft(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let other = site.client()
                let writer = try await other.writer(for: Self.readings)
                let transaction = try await other.transaction(over: [writer])
                _ = try await transaction.submit(.readings(0..<3), to: Self.readings).acknowledgement()
                other.close()
                let next = try await afterwards(.partitionOwned) {
                    try await site.log.writer(for: Self.readings, committing: transaction.id)
                }
                #expect(try await site.log.numbers(in: Self.readings) == [0, 1, 2])
                try await next.close()
            }
        }

        @Test(
            "readers go on where they were when the broker comes back; writers say that they cannot",
            arguments: [LogKind.inProcess, .tcp])
        func brokerRestarts(kind: LogKind) async throws {
            try await withSite(kind) { site in
                let first = Broker(site.embedded, name: "first", limits: .patient) { client throws(LogError) in
                    AllRights(client: client.name)
                }
                // A port of its own, so that the second one can have it.
                let address = try await first.listen(
                    at: kind == .inProcess ? .name("moved") : kind.address, over: site.transport
                ).address
                let log = RemoteLog(at: [address], over: site.transport, client: "test", limits: .patient)
                try await openReadings(log)
                let writer = try await log.writer(for: Self.readings)
                try await writer.append(.readings(0..<5))
                let reader = try await log.reader(for: Self.readings, from: .earliest)
                guard case .records(let records) = try await reader.next() else { throw CancellationError() }
                #expect(records.count == 5)
                let following = Task { try await reader.following() }
                await first.close()
                #expect(try await code { try await writer.append(.readings(5..<6)) } == .unreachable)
                let second = Broker(site.embedded, name: "second", limits: .patient) { client throws(LogError) in
                    AllRights(client: client.name)
                }
                try await second.listen(at: address, over: site.transport)
                let again = try await log.writer(for: Self.readings)
                try await again.append(.readings(5..<8))
                guard case .records(let more) = try await following.value else { throw CancellationError() }
                #expect(more.baseOffset == 5 && more.count == 3)
                try await again.close()
                log.close()
                await second.close()
            }
        }

        @Test("a payload that comes for longer than anybody may be silent gets through, both ways")
        func slowPayload() async throws {
            var limits = Broker.Limits.patient
            limits.silence = .seconds(6)
            try await withSite(.tcp, limits) { site in
                // Twice the silence each way.
                let link = try SlowLink(to: site.address, bytesPerSecond: 512 << 10)
                let log = RemoteLog(at: [link.address], over: site.transport, client: "far away", limits: .patient)
                _ = try await log.createTopic("frames", schema: Frame.schema, configuration: TopicConfiguration())
                let frame = Frame(1, byteCount: 6 << 20)
                var batch = RecordBatchBuilder(schemaID: Frame.schema.id)
                batch.append(frame, time: Timestamp(nanoseconds: 0))
                let writer = try await log.writer(for: TopicPartition("frames"))
                #expect(try await writer.append(batch).offsets == 0..<1)
                let reader = try await log.reader(for: TopicPartition("frames"), from: .earliest)
                guard case .records(let records) = try await reader.next() else { throw CancellationError() }
                let pixels = try records.event(Frame.self, at: 0).pixels.withUnsafeBytes { Array($0) }
                let isIntact = pixels == Frame.pixels(1, 6 << 20)
                #expect(isIntact)
                // One for the writer and one for the reader: neither was lost.
                #expect(link.connections == 2)
                try await writer.close()
                log.close()
                link.close()
            }
        }

        @Test("a client that nobody knows is refused, and does nothing", arguments: LogKind.remote)
        func stranger(kind: LogKind) async throws {
            try await withSite(kind) { site in
                let broker = Broker(site.embedded, limits: .patient) { client throws(LogError) in
                    guard client.token == "secret" else {
                        throw LogError(.notAllowed, "\(client.name) shows no token that this broker knows")
                    }
                    return AllRights(client: client.name)
                }
                let address = try await broker.listen(
                    at: kind == .inProcess ? .name("guarded") : kind.address, over: site.transport
                ).address
                for token in ["", "guess"] {
                    let stranger = RemoteLog(at: [address], over: site.transport, client: "stranger", limits: .patient)
                    {
                        () throws(LogError) in token
                    }
                    #expect(try await code { try await stranger.topics() } == .notAllowed)
                    stranger.close()
                }
                let friend = RemoteLog(at: [address], over: site.transport, client: "friend", limits: .patient) {
                    () throws(LogError) in "secret"
                }
                #expect(try await friend.topics() == [])
                friend.close()
                await broker.close()
            }
        }

        private struct ReaderOfOne: ClientRights {
            let client: String
            func mayProduce(to topic: String) -> Bool { topic == "out" }
            func mayConsume(from topic: String) -> Bool { topic == "in" }
            func mayAdminister(topic: String) -> Bool { false }
            func mayUse(group: String) -> Bool { group == "mine" }
        }

        @Test("what is not allowed is denied", arguments: LogKind.remote)
        func rights(kind: LogKind) async throws {
            try await withSite(kind) { site in
                for topic in ["in", "out", "other"] {
                    _ = try await site.embedded.createTopic(
                        topic, schema: Reading.schema, configuration: Self.pageCache)
                }
                let broker = Broker(site.embedded, limits: .patient) { client throws(LogError) in
                    ReaderOfOne(client: client.name)
                }
                let address = try await broker.listen(
                    at: kind == .inProcess ? .name("guarded") : kind.address, over: site.transport
                ).address
                let log = RemoteLog(at: [address], over: site.transport, client: "reader", limits: .patient)
                func refused<Result>(_ body: () async throws -> Result) async throws -> Bool {
                    try await code(body) == .notAllowed
                }
                let (input, output) = (TopicPartition("in"), TopicPartition("out"))
                _ = try await log.reader(for: input, from: .earliest)
                try await log.writer(for: output).close()
                #expect(try await refused { try await log.reader(for: output, from: .earliest) })
                #expect(try await refused { try await log.writer(for: input) })
                #expect(try await refused { try await log.sharedWriter(for: input) })
                #expect(try await refused { try await log.describe("other") })
                #expect(
                    try await refused {
                        try await log.openTopic("other", schema: Reading.schema, creatingWith: Self.pageCache)
                    })
                #expect(
                    try await refused {
                        try await log.createTopic("new", schema: Reading.schema, configuration: Self.pageCache)
                    })
                #expect(try await refused { try await log.alterTopic("out", TopicChange(durability: .durable)) })
                #expect(try await refused { try await log.deleteTopic("out") })
                #expect(try await refused { try await log.truncate(output, before: 0) })
                #expect(try await refused { try await log.recover(input) })
                #expect(try await refused { try await log.group("yours") })
                #expect(try await refused { try await log.positions(of: "yours") })
                #expect(try await refused { try await log.deleteGroup("yours") })
                try await log.group("mine").close()
                log.close()
                await broker.close()
            }
        }

        @Test(
            "who connects, who is refused and what is denied is written down, and no client writes it",
            arguments: LogKind.remote)
        func audit(kind: LogKind) async throws {
            try await withSite(kind) { site in
                let broker = Broker(site.embedded, limits: .patient) { client throws(LogError) in
                    guard client.name != "stranger" else { throw LogError(.notAllowed, "nobody knows the stranger") }
                    return client.name == "owner" ? AllRights(client: client.name) : ReaderOfOne(client: client.name)
                }
                try await broker.startAudit()
                let address = try await broker.listen(
                    at: kind == .inProcess ? .name("guarded") : kind.address, over: site.transport
                ).address
                func log(_ client: String) -> RemoteLog {
                    RemoteLog(at: [address], over: site.transport, client: client, limits: .patient)
                }
                let (stranger, reader, owner) = (log("stranger"), log("reader"), log("owner"))
                #expect(try await code { try await stranger.topics() } == .notAllowed)
                #expect(try await code { try await reader.deleteTopic("out") } == .notAllowed)
                let audit = TopicPartition("penstock.audit")
                #expect(try await code { try await owner.writer(for: audit) } == .notAllowed)
                #expect(try await code { try await owner.truncate(audit, before: 0) } == .notAllowed)
                for client in [stranger, reader, owner] { client.close() }
                await broker.close()
                let entries = try await site.embedded.reader(for: audit, from: .earliest)
                var seen: [String] = []
                while case .records(let records) = try await entries.next() {
                    for index in 0..<records.count {
                        records.withAttributes(at: index) { bytes in
                            // Four texts, each with its length in front.
                            var texts: [String] = []
                            var at = 0
                            while at < bytes.count {
                                let count = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                                texts.append(String(decoding: bytes[at + 4..<at + 4 + count], as: UTF8.self))
                                at += 4 + count
                            }
                            if texts[0] != "ended" { seen.append("\(texts[0]) \(texts[1]): \(texts[3])") }
                        }
                    }
                }
                for expected in [
                    "refused stranger: nobody knows the stranger", "connected reader: ",
                    "denied reader: create, change or delete the topic out", "connected owner: ",
                    "denied owner: write to penstock.audit/0", "denied owner: truncate penstock.audit/0",
                ] {
                    #expect(seen.contains(expected), "\(seen)")
                }
            }
        }

        @Test("producers of several clients share a partition, each in its own order", arguments: LogKind.remote)
        func sharing(kind: LogKind) async throws {
            try await withSite(kind) { site in
                try await openReadings(site.log)
                let clients = (0..<4).map { _ in site.client() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, client) in clients.enumerated() {
                        group.addTask {
                            let writer = try await client.sharedWriter(for: Self.readings)
                            let session = try await writer.producer(named: "client-\(number)")
                            var pending: [PendingAppend] = []
                            for batch in 0..<50 {
                                let first = number * 1_000 + 10 * batch
                                pending.append(
                                    try await writer.submit(
                                        .readings(first..<first + 10), from: session.stamp(UInt64(10 * batch))))
                            }
                            for append in pending { _ = try await append.acknowledgement() }
                            try await writer.close()
                        }
                    }
                    try await group.waitForAll()
                }
                let all = try await site.log.numbers(in: Self.readings)
                for number in 0..<4 {
                    #expect(all.filter { $0 / 1_000 == number } == Array(1_000 * number..<1_000 * number + 500))
                }
                #expect(all.count == 2_000)
                for client in clients { client.close() }
                // Nobody has it any more: it can be had alone.
                let alone = try await afterwards(.partitionOwned) { try await site.log.writer(for: Self.readings) }
                #expect(try await alone.append(.readings(0..<1)).firstOffset >= 2_000)
                try await alone.close()
            }
        }

        @Test("a client that falls silent is given up", arguments: [LogKind.tcp])
        func silence(kind: LogKind) async throws {
            var limits = Broker.Limits()
            limits.helloTimeout = .milliseconds(300)
            try await withSite(kind, limits) { site in
                let ended = Ended()
                _ = try await site.transport.connect(to: site.address, ended)
                await ended.wait()
                #expect(site.broker.clientCount == 0)
            }
        }
    }
}

/// Waits for the end of a connection on which nothing is said.
private final class Ended: ConnectionHandler {
    private let stream = AsyncStream<Void>.makeStream()

    func received(_ message: IncomingMessage, on connection: any Connection) {}
    func ended(_ reason: FabricError?, of connection: any Connection) { stream.continuation.finish() }
    func wait() async { for await _ in stream.stream {} }
}
