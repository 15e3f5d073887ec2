import FabricPeer
import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    /// What a peer may do that does not keep to the protocol: its connection ends, and nobody else hears of it.
    @Suite("Peers that lie", .enabled(if: Libfabric.isThere, Libfabric.absence), .timeLimit(.minutes(10)))
    struct LyingPeerTests {
        enum Lie: String, CaseIterable, Sendable {
            case otherSession, otherNumber, repeatedNumber, unknownPayload, payloadOutOfOrder, wrongChecksum,
                otherLength,
                tooShort, secondHello,
                largePayload, noFrame, longerThanAnyFrame
        }

        private func message() -> ControlFrame { ControlFrame(.message, [1, 2, 3]) }

        private func tell(_ lie: Lie, _ peer: LyingPeer) throws {
            var frame = message()
            func bytes(_ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
                (frame.header.epoch, frame.header.number) = (peer.epoch, 1)
                var bytes = frame.header.encoded(before: frame.message) + frame.message
                change(&bytes)
                return bytes
            }
            switch lie {
            case .otherSession:
                (frame.header.epoch, frame.header.number) = (peer.epoch &+ 1, 1)
                try peer.send(frame.header.encoded(before: frame.message) + frame.message)
            case .otherNumber: try peer.send(frame, number: 2)
            case .repeatedNumber: try peer.send(frame, number: 0)
            case .unknownPayload: try peer.send(.release(17, isDeclined: false), number: 1)
            case .payloadOutOfOrder:
                frame.header.flags = .payload
                (frame.header.payloadBytes, frame.header.payload) = (100_000, 5)
                try peer.send(frame, number: 1)
            case .wrongChecksum: try peer.send(bytes { $0[65] ^= 1 })
            case .otherLength: try peer.send(bytes { $0.removeLast() })
            case .tooShort: try peer.send(Array(bytes().prefix(40)))
            case .secondHello: try peer.send(ControlFrame(.hello, []), number: 1)
            case .largePayload:
                frame.header.flags = .payload
                frame.header.payloadBytes = 1 << 40
                try peer.send(frame, number: 1)
            case .noFrame:
                try peer.send(Array("GET / HTTP/1.1\r\nHost: somewhere.example\r\nAccept: text/html, */*\r\n\r\n".utf8))
            case .longerThanAnyFrame: try peer.send([UInt8](repeating: 0, count: 16_448))
            }
        }

        @Test("a lie ends the liar's connection, and no other", arguments: Lie.allCases)
        func lies(lie: Lie) async throws {
            var limits = FabricLimits()
            // Smaller slots than the liar's, for the frame that is too long.
            limits.inlineBytes = 1_000
            let transport = try LibfabricTransport(limits: limits)
            let handlers = Guarded<[RecordingHandler]>([])
            let accepted = Outcomes<any Connection>()
            let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { connection in
                let handler = RecordingHandler { message, connection in connection.send(message.bytes) }
                handlers.withLock { $0.append(handler) }
                accepted.add(connection)
                return handler
            }
            let honest = RecordingHandler()
            let connection = try await transport.connect(to: listener.address, honest)
            let address = listener.address
            try await Task.detached {
                let liar = try LyingPeer(to: address)
                try liar.greet()
                try self.tell(lie, liar)
            }.value
            let handler = handlers.withLock { $0 }[1]
            await handler.waitForEnd()
            #expect(handler.messages.isEmpty)
            let code = try #require(handler.ends.first??.code)
            // The provider may report a frame that is too long only as an end of the connection.
            #expect(
                lie == .largePayload ? code == .tooLarge : lie == .longerThanAnyFrame || code == .protocolViolation,
                "\(code)")
            connection.send([5])
            await honest.waitForMessages(1)
            #expect(honest.ends.isEmpty)
            await transport.close()
        }

        @Test("whoever says hello and nothing more is dropped in time, and counts as a connection until then")
        func halfOpen() async throws {
            var limits = FabricLimits()
            limits.connectTimeout = .seconds(1)
            let transport = try LibfabricTransport(limits: limits)
            let handler = RecordingHandler()
            let accepted = Outcomes<any Connection>()
            let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { connection in
                accepted.add(connection)
                return handler
            }
            let address = listener.address
            let liar = Task.detached {
                let liar = try LyingPeer(to: address)
                try liar.hello()
                try await Task.sleep(for: .seconds(30))
            }
            let connection = await accepted.values(1)[0]
            let released = Outcomes<FabricError?>()
            connection.send([1], nil) { released.add($0) }
            await handler.waitForEnd()
            #expect(handler.ends[0]?.code == .timedOut)
            #expect(await released.values(1)[0] != nil, "nothing leaves before the client has proven who it is")
            liar.cancel()
            await transport.close()
        }
    }
}
