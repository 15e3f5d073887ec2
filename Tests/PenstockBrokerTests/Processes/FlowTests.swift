import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer
@testable import PenstockBroker

extension BrokerSuites {
    /// How much goes between a broker, a process of its own, and its clients, and how much is kept for those who are slow. Counted, not
    /// timed.
    @Suite("What goes over connections, and what waits")
    struct FlowTests {
        private static let frames = TopicPartition("frames")
        private static let batchBytes = 100 << 10

        /// A hundred events of 1 KiB.
        private static func batch() -> RecordBatchBuilder {
            var batch = RecordBatchBuilder(schemaID: Frame.schema.id)
            let frame = Frame(1, byteCount: 1024)
            for _ in 0..<100 { batch.append(frame, time: Timestamp(nanoseconds: 0)) }
            return batch
        }

        /// A broker with a topic of events of 1 KiB, and a log over a transport that counts.
        private struct Scene {
            let served: ServedLog
            let transport: CountingTransport
            let log: RemoteLog

            init(_ limits: RemoteLog.Limits = .patient) async throws {
                served = try await ServedLog(.peer(silence: 600_000))
                transport = CountingTransport(try TCPTransport(security: .plaintext))
                log = RemoteLog(at: [served.address], over: transport, client: "test", limits: limits)
                _ = try await log.openTopic(
                    "frames", schema: Frame.schema, creatingWith: TopicConfiguration(durability: .pageCache))
            }

            func fill(_ batches: Int) async throws {
                let writer = try await log.writer(for: FlowTests.frames)
                var pending: [PendingAppend] = []
                for _ in 0..<batches { pending.append(try await writer.submit(FlowTests.batch())) }
                for one in pending { _ = try await one.acknowledgement() }
                try await writer.close()
            }

            func close() async throws {
                log.close()
                await transport.close()
                try await served.stop()
            }
        }

        @Test("L5: 20,000 events of 1 KiB come in a few fetches, none of which brings anything twice")
        func fetches() async throws {
            let scene = try await Scene()
            try await scene.fill(200)
            let before = scene.transport.counts
            let reader = try await scene.log.reader(for: Self.frames, from: .earliest)
            var count = 0
            while case .records(let records) = try await reader.next() { count += records.count }
            #expect(count == 20_000)
            let after = scene.transport.counts
            // A fetch brings up to 1 MiB of whole batches; the first and the last ones are beside.
            let fetches = after.messagesSent - before.messagesSent
            #expect(fetches <= 200 * Self.batchBytes / ((1 << 20) - 2 * Self.batchBytes) + 5, "\(fetches) requests")
            let bytes = after.bytesReceived - before.bytesReceived
            #expect(bytes >= 20_000 * 1024 && bytes < 20_000 * 1024 * 11 / 10, "\(bytes) bytes")
            try await scene.close()
        }

        @Test("L6: who reads 500 of a backlog of 20,000 events gets those, and what the bound of a reader allows")
        func prefetch() async throws {
            let scene = try await Scene()
            try await scene.fill(200)
            let before = scene.transport.counts.bytesReceived
            let reader = try await scene.log.reader(for: Self.frames, from: .earliest)
            for _ in 0..<5 {
                guard case .records(let records) = try await reader.next() else { throw CancellationError() }
                #expect(records.count == 100)
            }
            // What would come unasked comes now, as far as one can tell.
            try await Task.sleep(for: .milliseconds(500))
            let bytes = scene.transport.counts.bytesReceived - before
            let bound = 2 * RemoteLog.Limits().fetchBytes
            #expect(bytes >= 500 * 1024 && bytes <= 500 * 1024 + bound, "\(bytes) bytes")
            // The rest is there for who goes on.
            var count = 500
            while case .records(let records) = try await reader.next() { count += records.count }
            #expect(count == 20_000)
            try await scene.close()
        }

        @Test("L10: a producer that is faster than the broker waits, with no more on its way than the limit")
        func fastProducer() async throws {
            var limits = RemoteLog.Limits.patient
            limits.pendingBytesPerWriter = 4 << 20
            let scene = try await Scene(limits)
            let writer = try await scene.log.writer(for: Self.frames)
            try await writer.append(Self.batch())
            try await scene.served.broker.stop()
            let batches = 300
            let submitted = Guarded(0)
            let producing = Task {
                var pending: [PendingAppend] = []
                for _ in 0..<batches {
                    pending.append(try await writer.submit(Self.batch()))
                    submitted.withLock { $0 += 1 }
                }
                for one in pending { _ = try await one.acknowledgement() }
            }
            let room = limits.pendingBytesPerWriter / (Self.batchBytes + Self.batchBytes / 10)
            try await eventually("the room to be used") { submitted.withLock { $0 } >= room }
            // More would be submitted now, as far as one can tell.
            try await Task.sleep(for: .milliseconds(300))
            let bytes = submitted.withLock { $0 } * Self.batchBytes
            #expect(bytes <= limits.pendingBytesPerWriter, "\(bytes) bytes")
            scene.served.broker.signal(SIGCONT)
            try await producing.value
            try await writer.close()
            #expect(try await scene.log.describe("frames").partitions[0].nextOffset == UInt64(100 * (batches + 1)))
            #expect(scene.served.broker.mostMemory < 512)
            try await scene.close()
        }

        @Test("a consumer that is slow keeps nobody else from going on, and comes to the end")
        func slowConsumer() async throws {
            let served = try await ServedLog(.peer(silence: 600_000))
            let stop = served.folder("stop")
            let producer = try served.produce(1, "--bytes", "4000", "--durability", "pageCache", "--until", stop)
            try await producer.line("session ")
            let slow = try served.consume("--until", stop + "ped")
            let quick = try served.consume("--until", stop + "ped")
            for consumer in [slow, quick] { try await consumer.line("read ") }
            slow.signal(SIGSTOP)
            let before = quick.lines.count
            try await progress(of: producer, by: 100)
            try await eventually("the other one: \(quick.errors)") { quick.lines.count > before + 50 }
            #expect(served.broker.mostMemory < 512)
            slow.signal(SIGCONT)
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try Data().write(to: URL(fileURLWithPath: stop + "ped"))
            for consumer in [slow, quick] { #expect(try await consumer.ended() == 0, "\(consumer.errors)") }
            try await served.stop()
            #expect(slow.lines.last?.hasPrefix("done ") == true && slow.lines.last == quick.lines.last)
            #expect(ProducerAccount(producer).sessions == 1)
            let count = try await served.contents().count
            #expect(UInt64(count) == ProducerAccount(producer).kept)
            #expect(slow.lines.last?.hasPrefix("done \(count) ") == true)
        }

        @Test("who asks for more and more and takes nothing is sent off before the broker has no memory left")
        func hoarder() async throws {
            let scene = try await Scene()
            try await scene.fill(100)
            let hoarder = try await RawClient.greeted(at: scene.served.address, over: scene.transport, hoards: true)
            #expect(
                try await hoarder.outcome(of: .openReader(1, Self.frames, .earliest, .everything)) == .answered)
            for _ in 0..<1_000 {
                let fetch = Fetch(reader: 1, offset: 0, byteLimit: 1 << 20, waits: false)
                try hoarder.send(hoarder.message(.fetch(fetch)).bytes)
            }
            try await eventually("the end of the hoarder") { hoarder.hasEnded }
            #expect(scene.served.broker.mostMemory < 512)
            // Others have everything as before.
            let reader = try await scene.log.reader(for: Self.frames, from: .earliest)
            var count = 0
            while case .records(let records) = try await reader.next() { count += records.count }
            #expect(count == 10_000)
            try await scene.close()
        }
    }
}
