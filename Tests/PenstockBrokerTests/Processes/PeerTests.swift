import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer
@testable import PenstockBroker

extension BrokerSuites {
    /// Producers and consumers that are killed, stopped, or leave, and others beside them.
    @Suite("Clients that are killed, stopped, or leave")
    struct PeerTests {
        enum Death: String, CaseIterable, Sendable {
            case killed
            case stopped

            /// Where nobody has to fall silent, nobody does, however slow the machine is.
            var silence: Int { self == .killed ? 120_000 : 3_000 }
        }

        @Test("L16: a producer that goes leaves its partition to the next one, others go on", arguments: Death.allCases)
        func producerGoes(death: Death) async throws {
            let served = try await ServedLog(.peer(silence: death.silence))
            let stop = served.folder("stop")
            let other = try served.produce(2, "--partition", "1", "--pause", "5", "--until", stop)
            try await other.line("session ")
            let first = try served.produce(1, "--alone", "true", "--pause", "1", "--until", stop)
            try await eventually("the first acknowledgements") { ProducerAccount(first).acknowledged.count > 5 }
            first.signal(death == .killed ? SIGKILL : SIGSTOP)
            let heir = try served.produce(3, "--alone", "true", "--pause", "1", "--until", stop)
            try await eventually("the heir's first acknowledgements: \(heir.errors)") {
                ProducerAccount(heir).acknowledged.count > 5
            }
            // Who was stopped finds that its connection was given up, and waits for the partition.
            first.signal(SIGCONT)
            if death == .stopped { try await first.line("waits partition-owned") }
            try Data().write(to: URL(fileURLWithPath: stop))
            for producer in [other, heir] { #expect(try await producer.ended() == 0, "\(producer.errors)") }
            try await first.ended()
            if death == .killed {
                #expect(ProducerAccount(other).sessions == 1, "another one was disturbed: \(other.lines.prefix(4))")
            }
            try await served.stop()
            check(try await served.contents(0), of: [1: first, 3: heir], "\(death)")
            check(try await served.contents(1), of: [2: other], "\(death)")
        }

        @Test("a group whose owner goes is the next one's, from what was committed", arguments: Death.allCases)
        func consumerGoes(death: Death) async throws {
            let served = try await ServedLog(.peer(silence: death.silence))
            let producer = try served.produce(1, "--count", "100", "--batch", "10")
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            let first = try served.consume("--group", "analysis", "--commit", "50", "--once", "true")
            try await first.line("read 91 10")
            first.signal(death == .killed ? SIGKILL : SIGSTOP)
            let heir = try served.consume("--group", "analysis")
            #expect(try await heir.line("starts ") == "51")
            try await heir.line("read 91 10")
            first.signal(SIGKILL)
            try await served.stop()
        }

        @Test("a broker that stands still for so long that its clients give it up loses nothing when it goes on")
        func brokerStops() async throws {
            let served = try await ServedLog(.peer(silence: 2_000))
            let stop = served.folder("stop")
            let producer = try served.produce(1, "--pause", "5", "--until", stop)
            try await progress(of: producer)
            let reader = try served.consume("--until", stop + "ped")
            try await reader.line("read ")
            served.broker.signal(SIGSTOP)
            try await producer.line("waits unreachable")
            served.broker.signal(SIGCONT)
            try await progress(of: producer)
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try Data().write(to: URL(fileURLWithPath: stop + "ped"))
            #expect(try await reader.ended() == 0, "\(reader.errors)")
            try await served.stop()
            let contents = try await served.contents()
            check(contents, of: [1: producer], "a broker that stood still")
            #expect(reader.lines.last?.hasPrefix("done \(contents.count) ") == true)
        }

        @Test(
            "a broker with a fabric ends in order at SIGTERM, whatever the fabric's libraries want",
            .enabled(if: LogKind.allCases.contains(.fabric), "libfabric is not installed"))
        func fabricStops() async throws {
            // Which thread a signal finds is chance: several times.
            for name in 1...2 {
                let served = try await ServedLog(.penstock(LogKind.fabric.choice))
                let producer = try served.produce(name, "--count", "100")
                #expect(try await producer.ended() == 0, "\(producer.errors)")
                try await served.stop()
                #expect(served.broker.errors.contains("stopped: "))
            }
        }

        @Test("L16: a producer that exits with appends on their way leaves whole batches, and nobody's partition")
        func producerLeaves() async throws {
            let served = try await ServedLog()
            let first = try served.produce(1, "--alone", "true", "--leave", "true", "--window", "1000")
            #expect(try await first.ended() == 0, "\(first.errors)")
            let heir = try served.produce(1, "--alone", "true", "--count", "200")
            #expect(try await heir.ended() == 0, "\(heir.errors)")
            try await served.stop()
            let contents = try await served.contents()
            #expect(contents.count == 200)
            check(contents, of: [1: heir], "a producer that left")
        }

        @Test("L8: a batch of 1,024 events of 1 KiB is appended as one")
        func largeBatch() async throws {
            let served = try await ServedLog()
            let producer = try served.produce(1, "--count", "1024", "--batch", "1024", "--bytes", "1024")
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            #expect(producer.lines == ["session 0", "\(producer.lines.dropFirst().first ?? "")", "done 1024"])
            let acknowledged = try #require(ProducerAccount(producer).acknowledged.first)
            #expect(acknowledged.count == 1024)
            let reader = try served.consume()
            try await reader.line("read \(acknowledged.offset) 1024")
            try await reader.kill()
            try await served.stop()
            let contents = try await served.contents()
            let isSame = contents.map(\.load)
                .elementsEqual((0..<1024).map { LoadRecord(producer: 1, sequence: $0, byteCount: 1024) })
            #expect(isSame)
        }

        @Test("L18: a process without the token, or with another one, is refused; L19: others cannot connect at all")
        func strangers() async throws {
            let served = try await ServedLog()
            for token in [nil, String(repeating: "0", count: 64)] {
                let file = served.folder("guess")
                if let token {
                    try served.folder.write(token, to: "guess")
                    #expect(chmod(file, 0o600) == 0)
                }
                let stranger = try ChildProcess(
                    "BrokerPeer", ["produce", "--log", served.location, "--name", "1"],
                    environment: ["PENSTOCK_TOKEN_FILE": token == nil ? "" : file])
                #expect(try await stranger.ended() == 78, "\(stranger.errors)")
                #expect(stranger.errors.contains("token"), "\(stranger.errors)")
            }
            // In the kernel's table of sockets that listen: the loopback address in hex, byte by byte backwards.
            let port = try #require(Int("\(served.address)".split(separator: ":").last ?? ""))
            let sockets = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n")
            let listening = sockets.map { $0.split(separator: " ") }
                .filter { $0.count > 3 && $0[3] == "0A" && $0[1].hasSuffix(String(format: ":%04X", port)) }
            #expect(listening.map { $0[1].prefix(8) } == ["0100007F"])
            let help = try ChildProcess("penstock", ["serve", "--help"])
            try await help.ended()
            #expect(help.lines.contains { $0.contains("default: 127.0.0.1:7400") })
            try await served.stop()
        }

        @Test("L7: a broker and a consumer that waits take no processor time to speak of")
        func idle() async throws {
            let served = try await ServedLog()
            let producer = try served.produce(1, "--count", "100")
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            let reader = try served.consume("--group", "idle")
            try await reader.line("read 81 20")
            // What the beginning takes is over then, and the consumer waits.
            try await Task.sleep(for: .seconds(1))
            let before = (served.broker.processorSeconds, reader.processorSeconds)
            try await Task.sleep(for: .seconds(3))
            let after = (served.broker.processorSeconds, reader.processorSeconds)
            print("idle for 3 s: broker \(after.0 - before.0) s, consumer \(after.1 - before.1) s of processor time")
            #expect(before.0 > 0 && before.1 > 0)
            #expect(after.0 - before.0 < 0.3)
            #expect(after.1 - before.1 < 0.3)
            try await reader.kill()
            try await served.stop()
        }

        @Test("1,000 clients that come and go leave nothing behind, and neither do connections that are half open")
        func comingAndGoing() async throws {
            let served = try await ServedLog(.peer(silence: 3_000))
            let address = served.address
            let transport = try TCPTransport(security: .plaintext)
            let held = RemoteLog(at: [address], over: transport, client: "stays")
            _ = try await held.openTopic(
                LoadRecord.topic, schema: LoadRecord.schema, creatingWith: TopicConfiguration())
            func comeAndGo(_ number: Int) async throws {
                let log = RemoteLog(at: [address], over: transport, client: "goes \(number)")
                let reader = try await log.reader(for: LiarTests.load, from: .earliest)
                let writer = try await log.sharedWriter(for: LiarTests.load)
                var records = RecordBatchBuilder(schemaID: LoadRecord.schema.id)
                records.append(LoadRecord(producer: 1, sequence: UInt64(number)), time: Timestamp(nanoseconds: 0))
                if number % 10 == 0 { try await writer.append(records) }
                if number % 3 == 0 { try await writer.close() }
                _ = try await reader.next()
                log.close()
            }
            for number in 0..<100 { try await comeAndGo(number) }
            let before = try await Self.account(of: served.broker) { $0.clients == 1 }
            for number in 100..<1_100 { try await comeAndGo(number) }
            let after = try await Self.account(of: served.broker) {
                $0.clients == 1 && $0.descriptors <= before.descriptors
            }
            print("1,000 clients: \(before) -> \(after)")
            #expect(after.memory < before.memory + 64)
            // Half open: the client's machine has gone, and nothing tells the broker. A stopped process is as silent.
            let stopped = try served.consume()
            try await stopped.line("starts ")
            let silent = try await RawClient.connect(to: address, over: transport)
            let pinging = try await RawClient.connect(to: address, over: transport)
            stopped.signal(SIGSTOP)
            _ = try await Self.account(of: served.broker) { $0.clients == 1 && $0.descriptors <= before.descriptors }
            try await eventually("the ends of those who say nothing") { silent.hasEnded && pinging.hasEnded }
            #expect(try await held.topics() == [LoadRecord.topic])
            held.close()
            await transport.close()
            try await served.stop()
        }

        struct Account: CustomStringConvertible {
            let clients: Int
            let descriptors: Int
            let memory: Int

            var description: String { "\(descriptors) descriptors, \(memory) MiB" }
        }

        /// Asks a broker until what it says is as it should be.
        private static func account(of broker: ChildProcess, _ isGood: (Account) -> Bool) async throws -> Account {
            var found: Account?
            try await eventually("the broker to be as it was: \(broker.lines.last ?? "")") {
                let count = broker.lines.count
                broker.signal(SIGUSR1)
                let numbers = try await broker.line("clients ", after: count).split(separator: " ").compactMap {
                    Int($0)
                }
                let account = Account(clients: numbers[0], descriptors: numbers[1], memory: numbers[2])
                found = isGood(account) ? account : nil
                return found != nil
            }
            return try #require(found)
        }
    }
}
