import FabricPeer
import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    /// Peers that send what the protocol does not allow, over raw sockets. Expected codes are those that `Transport.swift`
    /// states.
    @Suite("Liars and bad bytes over TCP", .timeLimit(.minutes(10)))
    struct TCPLiarTests {
        /// A listener with what it has refused, and what has come to it.
        private struct Site {
            let transport: TCPTransport
            let listener: TCPListener
            let rejected: Outcomes<FabricError>
            let handlers: Outcomes<RecordingHandler>

            init(
                _ limits: FabricLimits = FabricLimits(), _ react: @escaping RecordingHandler.Reaction = { _, _ in }
            ) async throws {
                let (rejected, handlers) = (Outcomes<FabricError>(), Outcomes<RecordingHandler>())
                transport = try TCPTransport(limits: limits, security: .plaintext) { rejected.add($0) }
                let made = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in
                    let handler = RecordingHandler { message, connection in
                        if message.bytes == [1, 2, 3] { connection.send([3, 2, 1]) }
                        react(message, connection)
                    }
                    handlers.add(handler)
                    return handler
                }
                listener = try #require(made as? TCPListener)
                (self.rejected, self.handlers) = (rejected, handlers)
            }

            /// A liar that has been welcomed, and what the listener has for it.
            func liar() async throws -> (socket: RawSocket, handler: RecordingHandler) {
                let before = handlers.values.count
                let socket = try RawSocket(to: listener.address)
                socket.write(frame(.hello, 0))
                #expect(socket.read(64).count == 64, "the welcome")
                return (socket, await handlers.values(before + 1)[before])
            }

            /// Whether an honest client is served, and nothing else is left of the liars.
            func checkAndClose() async throws {
                let handler = RecordingHandler()
                let client = try await transport.connect(to: listener.address, handler)
                client.send([1, 2, 3])
                await handler.waitForMessages(1)
                #expect(handler.messages == [[3, 2, 1]])
                // A liar who has gone just now may still be on the way out.
                while listener.connectionCount > 1 { await Task.yield() }
                await listener.close()
                await transport.close()
                #expect(listener.connectionCount == 0)
            }
        }

        /// The bytes of a frame with a right checksum.
        private static func frame(
            _ kind: FrameHeader.Kind, _ number: UInt64, _ message: [UInt8] = [], flags: FrameHeader.Flags = [],
            payloadBytes: Int = 0
        ) -> [UInt8] {
            var header = FrameHeader(kind)
            (header.number, header.messageBytes, header.flags, header.payloadBytes) = (
                number, message.count, flags, payloadBytes
            )
            return header.encoded(before: message) + message
        }

        private static func damaged(_ bytes: [UInt8], at place: Int) -> [UInt8] {
            var bytes = bytes
            bytes[place] ^= 0x10
            return bytes
        }

        @Test(
            "who does not begin with a hello is refused and told nothing",
            arguments: [
                Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0], [0],
                frame(.message, 0, [1]), frame(.bye, 0), frame(.welcome, 0), frame(.hello, 1),
                frame(.hello, 0, flags: [.payload, .isInline], payloadBytes: 5), damaged(frame(.hello, 0), at: 50),
            ])
        func noHello(bytes: [UInt8]) async throws {
            let site = try await Site()
            let socket = try RawSocket(to: site.listener.address)
            socket.write(bytes)
            #expect(socket.readToEnd() == [])
            let error = await site.rejected.values(1)[0]
            #expect(error.code == .protocolViolation)
            if bytes[0] == 0x16 { #expect(error.summary.contains("speaks TLS")) }
            try await site.checkAndClose()
        }

        /// What a liar sends after it was welcomed, and the code with which its connection ends.
        struct Lie: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let bytes: [UInt8]
            let code: FabricError.Code
        }

        private static let lies: [Lie] = {
            var gigabyte = FrameHeader(.message)
            (gigabyte.number, gigabyte.flags, gigabyte.payloadBytes) = (1, [.payload, .isInline], 1 << 30)
            var huge = FrameHeader(.message).encoded(before: [])
            huge.replaceSubrange(8..<12, with: [255, 255, 255, 255])
            var endless = gigabyte.encoded(before: [])
            endless.replaceSubrange(16..<24, with: [UInt8](repeating: 255, count: 8))
            return [
                Lie(testDescription: "1 GiB of payload", bytes: gigabyte.encoded(before: []), code: .tooLarge),
                Lie(testDescription: "a negative payload", bytes: endless, code: .tooLarge),
                Lie(testDescription: "4 GiB of message", bytes: huge, code: .tooLarge),
                Lie(
                    testDescription: "a flipped bit in a header", bytes: damaged(frame(.message, 1, [9]), at: 45),
                    code: .protocolViolation),
                Lie(
                    testDescription: "a flipped bit in a message", bytes: damaged(frame(.message, 1, [9]), at: 64),
                    code: .protocolViolation),
                Lie(testDescription: "a frame left out", bytes: frame(.message, 2), code: .protocolViolation),
                Lie(testDescription: "a second hello", bytes: frame(.hello, 1), code: .protocolViolation),
                Lie(testDescription: "a release", bytes: frame(.release, 1), code: .protocolViolation),
                Lie(
                    testDescription: "a payload elsewhere",
                    bytes: frame(.message, 1, flags: [.payload], payloadBytes: 9),
                    code: .protocolViolation),
                Lie(
                    testDescription: "a payload declined",
                    bytes: frame(.message, 1, flags: [.payload, .isInline, .declined], payloadBytes: 9),
                    code: .protocolViolation),
                Lie(
                    testDescription: "no more in a header", bytes: Array(frame(.message, 1).prefix(40)), code: .peerGone
                ),
                Lie(
                    testDescription: "no more in a message", bytes: Array(frame(.message, 1, [1, 2, 3]).dropLast()),
                    code: .peerGone),
            ]
        }()

        @Test("a liar's connection ends with what is wrong, and nobody else's", arguments: lies)
        func lie(lie: Lie) async throws {
            let site = try await Site()
            let handler: RecordingHandler
            do {
                let liar = try await site.liar()
                handler = liar.handler
                liar.socket.write(lie.bytes)
                // The one who only stops goes now; the others are sent away.
                if lie.code != .peerGone { #expect(liar.socket.readToEnd() == []) }
            }
            await handler.waitForEnd()
            #expect(handler.messages == [])
            #expect(handler.ends.count == 1 && handler.ends[0]?.code == lie.code)
            try await site.checkAndClose()
        }

        @Test("a payload whose sender goes half way is told to who pulls it")
        func halfPayload() async throws {
            let pulled = Outcomes<FabricError?>()
            let pool = try SlabPool(slabBytes: 1_000, slabs: 1)
            let site = try await Site(FabricLimits()) { message, _ in
                guard let payload = message.payload, let slab = pool.take() else { return }
                payload.pull(into: slab[0..<payload.byteCount]) { pulled.add($0) }
            }
            let handler: RecordingHandler
            do {
                let liar = try await site.liar()
                handler = liar.handler
                liar.socket.write(Self.frame(.message, 1, [7], flags: [.payload, .isInline], payloadBytes: 1_000))
                liar.socket.write([UInt8](repeating: 1, count: 999))
                await handler.waitForMessages(1)
            }
            #expect(await pulled.values(1)[0]?.code == .peerGone)
            await handler.waitForEnd()
            #expect(handler.ends[0]?.code == .peerGone)
            #expect(await pool.comesBack(1))
            try await site.checkAndClose()
        }

        @Test("a payload that does not come on ends the connection")
        func stalled() async throws {
            var limits = FabricLimits()
            limits.pullTimeout = .milliseconds(300)
            let pulled = Outcomes<FabricError?>()
            let pool = try SlabPool(slabBytes: 1_000, slabs: 1)
            let site = try await Site(limits) { message, _ in
                guard let payload = message.payload, let slab = pool.take() else { return }
                payload.pull(into: slab[0..<payload.byteCount]) { pulled.add($0) }
            }
            let (socket, handler) = try await site.liar()
            socket.write(Self.frame(.message, 1, [7], flags: [.payload, .isInline], payloadBytes: 1_000))
            socket.write([UInt8](repeating: 1, count: 10))
            #expect(await pulled.values(1)[0]?.code == .timedOut)
            await handler.waitForEnd()
            #expect(handler.ends[0]?.code == .timedOut)
            #expect(socket.readToEnd() == [])
            try await site.checkAndClose()
        }

        @Test("a client that says nothing is dropped, and holds nobody's place")
        func silent() async throws {
            var limits = FabricLimits()
            limits.connectTimeout = .seconds(3)
            limits.connections = 1
            let site = try await Site(limits)
            let silent = try RawSocket(to: site.listener.address)
            #expect(silent.readToEnd() == [])
            #expect(await site.rejected.values(1)[0].code == .timedOut)
            try await site.checkAndClose()
        }

        @Test("bytes at random disturb nobody")
        func random() async throws {
            let seed = UInt64.random(in: 0..<UInt64.max)
            print("seed \(seed)")
            var numbers = SeededNumbers(seed: seed)
            let site = try await Site()
            var honest = Self.frame(.hello, 0)
            for number in 1..<20 {
                let message = [UInt8](repeating: 5, count: number * 7)
                let payload = [UInt8](repeating: 6, count: number % 3 == 0 ? number * 50 : 0)
                honest += Self.frame(
                    .message, UInt64(number), message, flags: payload.isEmpty ? [] : [.payload, .isInline],
                    payloadBytes: payload.count)
                honest += payload
            }
            for _ in 0..<100 {
                var bytes = honest
                for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                    let place = Int.random(in: 0..<bytes.count, using: &numbers)
                    bytes[place] = UInt8.random(in: 0...255, using: &numbers)
                }
                let socket = try RawSocket(to: site.listener.address)
                socket.write(Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &numbers))))
            }
            for handler in site.handlers.values { await handler.waitForEnd() }
            try await site.checkAndClose()
        }

        @Test(
            "a listener that lies is refused by who connects to it",
            arguments: [
                (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), FabricError.Code.protocolViolation),
                ([0x15, 3, 1, 0, 2, 2, 70], .protocolViolation), (frame(.message, 0, [1]), .protocolViolation),
                (frame(.welcome, 3), .protocolViolation), (frame(.bye, 0), .refused), ([], .refused),
                (Array(frame(.welcome, 0).prefix(30)), .refused),
            ])
        func lyingListener(answer: [UInt8], code: FabricError.Code) async throws {
            let (listener, address) = try RawSocket.listening()
            let transport = try TCPTransport(security: .plaintext)
            let liar = Task.detached {
                let peer = try listener.accepted()
                _ = peer.read(64)
                peer.write(answer)
            }
            let error = await #expect(throws: FabricError.self) {
                _ = try await transport.connect(to: address, RecordingHandler())
            }
            #expect(error?.code == code)
            try await liar.value
            await transport.close()
        }

        @Test("a listener that does not answer is given up")
        func silentListener() async throws {
            let (listener, address) = try RawSocket.listening()
            var limits = FabricLimits()
            limits.connectTimeout = .milliseconds(300)
            let transport = try TCPTransport(limits: limits, security: .plaintext)
            let error = await #expect(throws: FabricError.self) {
                _ = try await transport.connect(to: address, RecordingHandler())
            }
            #expect(error?.code == .timedOut)
            await transport.close()
            withExtendedLifetime(listener) {}
        }
    }
}
