import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import Testing

extension BrokerSuites {
    /// What a client reads has a connection of its own.
    @Suite("Connections for reading")
    struct ReadingConnectionTests {
        private static let pageCache = TopicConfiguration(durability: .pageCache)

        private static func batch(_ frame: Frame) -> RecordBatchBuilder {
            var batch = RecordBatchBuilder(schemaID: Frame.schema.id)
            batch.append(frame, time: Timestamp(nanoseconds: 0))
            return batch
        }

        @Test("what is read does not wait behind the batches of a writer that has filled its window")
        func besideWindow() async throws {
            try await withSite(.tcp) { site in
                // On this the window takes a minute.
                let link = try SlowLink(to: site.address, bytesPerSecond: 64 << 10)
                var limits = RemoteLog.Limits.patient
                limits.pendingBytesPerWriter = 4 << 20
                let log = RemoteLog(at: [link.address], over: site.transport, client: "far away", limits: limits)
                _ = try await log.createTopic("frames", schema: Frame.schema, configuration: Self.pageCache)
                let frames = TopicPartition("frames")
                let writer = try await log.writer(for: frames)
                #expect(try await writer.append(Self.batch(Frame(0, byteCount: 100))).offsets == 0..<1)
                var window: [PendingAppend] = []
                for number in 1...7 {
                    window.append(try await writer.submit(Self.batch(Frame(number, byteCount: 512 << 10))))
                }
                let acknowledged = Guarded(0)
                let producing = Task { [window] in
                    for one in window {
                        _ = try await one.acknowledgement()
                        acknowledged.withLock { $0 += 1 }
                    }
                }
                let reader = try await log.reader(for: frames, from: .earliest)
                guard case .records(let records) = try await reader.next() else { throw CancellationError() }
                let before = acknowledged.withLock { $0 }
                #expect(before < 4, "\(before) batches were first")
                let frame = try records.event(Frame.self, at: 0)
                #expect(records.count == 1 && frame.number == 0)
                #expect(frame.pixels.withUnsafeBytes { Array($0) } == Frame.pixels(0, 100))
                link.widen()
                try await producing.value
                #expect(try await log.describe("frames").partitions[0].nextOffset == 8)
                #expect(link.connections == 2)
                try await writer.close()
                log.close()
                link.close()
            }
        }

        @Test(
            "the connection for reading is made when something is read, and lost without the other one",
            arguments: LogKind.remote)
        func apart(kind: LogKind) async throws {
            try await withSite(kind) { site in
                let transport = CountingTransport(site.transport)
                let log = RemoteLog(
                    at: [site.address], over: transport, client: "test", limits: .patient, fabric: kind.choice)
                let readings = TopicPartition("readings")
                let cut = FabricError(.peerGone, "cut by the test")
                _ = try await log.openTopic("readings", schema: Reading.schema, creatingWith: Self.pageCache)
                let writer = try await log.sharedWriter(for: readings)
                try await writer.append(.readings(0..<5))
                #expect(transport.connections.count == 1)
                let reader = try await log.reader(for: readings, from: .earliest)
                #expect(try await reader.numbers() == Array(0..<5))
                #expect(try await log.numbers(in: readings) == Array(0..<5))
                try #require(transport.connections.count == 2)
                // A writer fails with its connection, which is not this one.
                transport.connections[1].fail(cut)
                try await writer.append(.readings(5..<8))
                #expect(try await reader.numbers() == Array(5..<8))
                try #require(transport.connections.count == 3)
                transport.connections[0].fail(cut)
                // Over a fabric the session beside the connection ends a little later; until then it takes batches.
                let left = kind.choice == nil ? 1 : 2
                while site.broker.clientCount > left { try await Task.sleep(for: .milliseconds(1)) }
                #expect(try await code { try await writer.append(.readings(8..<9)) } == .unreachable)
                let next = try await log.sharedWriter(for: readings)
                try await next.append(.readings(8..<9))
                #expect(try await reader.numbers() == [8])
                #expect(transport.connections.count == 4)
                try await next.close()
                log.close()
                // Nothing of it is left; a broker that is far is not asked.
                while site.broker.clientCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }
}
