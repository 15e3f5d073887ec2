import FabricPeer
import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("TCP", .timeLimit(.minutes(10)))
    struct TCPTransportTests {
        @Test("a large payload that nobody pulls stays with its sender", arguments: [TransportKind.tcp, .tls])
        func bounded(kind: TransportKind) async throws {
            let transport = try #require(kind.make() as? TCPTransport)
            let offered = Outcomes<IncomingPayload?>()
            let listener = try await transport.listen(at: kind.anyAddress) { _ in
                RecordingHandler { message, _ in offered.add(message.payload) }
            }
            let client = try await transport.connect(to: listener.address, RecordingHandler())
            let pool = try transport.makePool(slabBytes: 64 << 20, slabs: 2)
            let source = try #require(pool.take())[0..<64 << 20]
            for at in 0..<source.count / 8 {
                source.bytes.storeBytes(of: SplitMix64.mix(UInt64(at)), toByteOffset: 8 * at, as: UInt64.self)
            }
            let released = Outcomes<FabricError?>()
            client.send([1], source) { released.add($0) }
            let payload = try #require(await offered.values(1)[0])
            // Until the system takes no more of it, which is when the sender's pieces begin to wait.
            while transport.gauge.mostLeavingBytes == 0 { try await Task.sleep(for: .milliseconds(10)) }
            try await Task.sleep(for: .milliseconds(300))
            #expect(released.values.isEmpty, "most of it was not even copied")
            func checkGauge() {
                #expect(transport.gauge.mostArrivedBytes <= 2 * TCPStream.receiveBytes)
                // A piece is begun while less than one waits; TLS adds some bytes to each 16 KiB.
                #expect(transport.gauge.mostLeavingBytes <= 2 * FrameWriter.pieceBytes + (16 << 10))
            }
            checkGauge()
            let target = try #require(pool.take())[0..<64 << 20]
            let pulled = Outcomes<FabricError?>()
            payload.pull(into: target) { pulled.add($0) }
            #expect(await pulled.values(1) == [nil])
            #expect(await released.values(1) == [nil])
            #expect(target.bytes.elementsEqual(source.bytes))
            checkGauge()
            await listener.close()
            await transport.close()
        }

        @Test("a payload is held by one connection, and the others go on", arguments: [TransportKind.tcp, .tls])
        func others(kind: TransportKind) async throws {
            let transport = try kind.make()
            let (offered, messages) = (Outcomes<IncomingPayload?>(), Outcomes<[UInt8]>())
            let listener = try await transport.listen(at: kind.anyAddress) { _ in
                RecordingHandler { message, _ in
                    if message.payload == nil { messages.add(message.bytes) } else { offered.add(message.payload) }
                }
            }
            let slow = try await transport.connect(to: listener.address, RecordingHandler())
            let quick = try await transport.connect(to: listener.address, RecordingHandler())
            let pool = try transport.makePool(slabBytes: 8 << 20, slabs: 1)
            slow.send([1], try #require(pool.take())[0..<8 << 20]) { _ in }
            _ = await offered.values(1)
            for number in 0..<100 { quick.send([UInt8(number)]) }
            #expect(await messages.values(100) == (0..<100).map { [UInt8($0)] })
            await listener.close()
            await transport.close()
            #expect(await pool.comesBack(1))
        }

        @Test("a side that closes reads on and gives back what it was offered", arguments: [TransportKind.tcp, .tls])
        func closingWhileOffered(kind: TransportKind) async throws {
            let transport = try kind.make()
            let (offered, accepted) = (Outcomes<IncomingPayload?>(), Outcomes<any Connection>())
            let serverHandler = RecordingHandler { message, _ in offered.add(message.payload) }
            let listener = try await transport.listen(at: kind.anyAddress) { connection in
                accepted.add(connection)
                return serverHandler
            }
            let handler = RecordingHandler()
            let client = try await transport.connect(to: listener.address, handler)
            let pool = try transport.makePool(slabBytes: 16 << 20, slabs: 2)
            client.send([1], try #require(pool.take())[0..<16 << 20]) { _ in }
            let payload = try #require(await offered.values(1)[0])
            await accepted.values(1)[0].close()
            let pulled = Outcomes<FabricError?>()
            payload.pull(into: try #require(pool.take())[0..<16 << 20]) { pulled.add($0) }
            #expect(await pulled.values(1)[0]?.code == .closed)
            await handler.waitForEnd()
            await serverHandler.waitForEnd()
            #expect(handler.ends == [nil] && serverHandler.ends == [nil])
            await listener.close()
            await transport.close()
            #expect(await pool.comesBack(2))
        }

        @Test("a transport that is closed does not wait for ever for a peer that holds a payload")
        func closingWhileHeld() async throws {
            let (mine, others) = (try TransportKind.tcp.make(), try TransportKind.tcp.make())
            let offered = Outcomes<IncomingPayload?>()
            let listener = try await others.listen(at: TransportKind.tcp.anyAddress) { _ in
                RecordingHandler { message, _ in offered.add(message.payload) }
            }
            let handler = RecordingHandler()
            let client = try await mine.connect(to: listener.address, handler)
            let pool = try mine.makePool(slabBytes: 32 << 20, slabs: 1)
            let released = Outcomes<FabricError?>()
            client.send([1], try #require(pool.take())[0..<32 << 20]) { released.add($0) }
            let payload = await offered.values(1)[0]
            await mine.close()
            #expect(handler.ends == [nil])
            #expect(await released.values(1)[0]?.code == .closed)
            #expect(payload != nil)
            await others.close()
        }

        @Test("who closes a connection, or gives it up, is told of no more messages", arguments: [true, false])
        func noMore(closes: Bool) async throws {
            let transport = try TransportKind.tcp.make()
            let handler = RecordingHandler { _, connection in
                if closes { connection.close() } else { connection.fail(FabricError(.protocolViolation, "a test")) }
            }
            let listener = try await transport.listen(at: TransportKind.tcp.anyAddress) { _ in handler }
            let clientHandler = RecordingHandler()
            let client = try await transport.connect(to: listener.address, clientHandler)
            for number in 0..<100 { client.send([UInt8(number)]) }
            await handler.waitForEnd()
            await clientHandler.waitForEnd()
            #expect(handler.messages == [[0]])
            #expect(handler.ends == [closes ? nil : FabricError(.protocolViolation, "a test")])
            #expect(clientHandler.ends.map { $0?.code } == [closes ? nil : .peerGone])
            await listener.close()
            await transport.close()
        }

        /// A handler that holds its connection, as a session does.
        private final class Session: ConnectionHandler {
            let connection = Guarded<(any Connection)?>(nil)
            let hasEnded = Outcomes<FabricError?>()
            func received(_ message: IncomingMessage, on connection: any Connection) {}
            func ended(_ reason: FabricError?, of connection: any Connection) { hasEnded.add(reason) }
        }

        @Test("a handler that holds its connection is gone after the end", arguments: [TransportKind.tcp, .tls])
        func cycles(kind: TransportKind) async throws {
            let transport = try kind.make()
            let sessions = Guarded<[Session]>([])
            let listener = try await transport.listen(at: kind.anyAddress) { connection in
                let session = Session()
                session.connection.withLock { $0 = connection }
                sessions.withLock { $0.append(session) }
                return session
            }
            let session = Session()
            let client = try await transport.connect(to: listener.address, session)
            session.connection.withLock { $0 = client }
            sessions.withLock { $0.append(session) }
            client.close()
            for session in sessions.withLock({ $0 }) { _ = await session.hasEnded.values(1) }
            await listener.close()
            await transport.close()
            let references = sessions.withLock { sessions in
                defer { sessions = [] }
                return sessions.map(WeakSession.init)
            }
            withExtendedLifetime(session) {}
            #expect(references.count == 2)
            #expect(references[0].session == nil, "the listener's")
        }

        private struct WeakSession {
            weak var session: Session?
        }

        @Test("what is closed twice, in any order and at once, is closed", arguments: [TransportKind.tcp, .tls])
        func closedTwice(kind: TransportKind) async throws {
            let transport = try kind.make()
            let listener = try await transport.listen(at: kind.anyAddress) { _ in RecordingHandler() }
            let handler = RecordingHandler()
            let client = try await transport.connect(to: listener.address, handler)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { await transport.close() }
                    group.addTask { await listener.close() }
                    group.addTask { client.close() }
                    group.addTask { for _ in 0..<100 { client.send([1]) } }
                }
            }
            await transport.close()
            await listener.close()
            client.close()
            client.fail(FabricError(.protocolViolation, "too late"))
            let outcomes = Outcomes<FabricError?>()
            client.send([1], nil) { outcomes.add($0) }
            #expect(await outcomes.values(1)[0]?.code == .closed)
            await handler.waitForEnd()
            #expect(handler.ends == [nil])
            let error = await #expect(throws: FabricError.self) {
                _ = try await transport.listen(at: kind.anyAddress) { _ in nil }
            }
            #expect(error?.code == .closed)
        }

        @Test("an address that is taken, a host that is not known, and a name are refused clearly")
        func addresses() async throws {
            let transport = try TransportKind.tcp.make()
            let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in nil }
            guard case .host("127.0.0.1", let port) = listener.address, port > 0 else {
                Issue.record("the address is \(listener.address)")
                return
            }
            func listening(_ address: FabricAddress) async -> FabricError? {
                await #expect(throws: FabricError.self) { _ = try await transport.listen(at: address) { _ in nil } }
            }
            func connecting(_ address: FabricAddress) async -> FabricError? {
                await #expect(throws: FabricError.self) {
                    _ = try await transport.connect(to: address, RecordingHandler())
                }
            }
            #expect(await listening(listener.address)?.code == .addressInUse)
            #expect(await listening(.host("192.0.2.1", port: 0))?.code == .invalidAddress, "no address of this machine")
            for address in [
                FabricAddress.host("nobody.invalid", port: 7400), .name("broker"), .host("127.0.0.1", port: 70_000),
            ] {
                #expect(await listening(address)?.code == .invalidAddress)
                let error = await connecting(address)
                #expect(error?.code == .invalidAddress)
                #expect(error?.summary.contains("\(address)") == true)
            }
            await listener.close()
            await transport.close()
        }
    }
}
