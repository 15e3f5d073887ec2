import FabricPeer
import Foundation
import PenstockEvents
import PenstockFabric
import TestSupport
import Testing

extension FabricSuites {
    /// What happens when the process at the other end is stopped or killed.
    @Suite("Peers that die", .enabled(if: Libfabric.isThere, Libfabric.absence), .timeLimit(.minutes(10)))
    struct PeerDeathTests {
        /// A connection from another process, which offers a payload, and one within this process.
        private struct Scene {
            let transport: LibfabricTransport
            let process: ChildProcess
            let handler: RecordingHandler
            let payload: IncomingPayload
            let pool: SlabPool
            let other: any Connection
            let otherHandler: RecordingHandler

            /// Sends a message to and fro on the connection within this process.
            func checkOther() async {
                other.send([7])
                await otherHandler.waitForMessages(1)
                #expect(otherHandler.messages == [[7]] && otherHandler.ends.isEmpty)
            }

            func close() async {
                process.end()
                await transport.close()
            }
        }

        private static let payloadBytes = 16 << 20

        private func makeScene(_ limits: FabricLimits) async throws -> Scene {
            let transport = try LibfabricTransport(limits: limits)
            let offers = Outcomes<(RecordingHandler, IncomingPayload)>()
            let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in
                let box = Guarded<RecordingHandler?>(nil)
                let handler = RecordingHandler { message, connection in
                    if let payload = message.payload, let handler = box.withLock({ $0 }) {
                        offers.add((handler, payload))
                    } else {
                        connection.send(message.bytes)
                    }
                }
                box.withLock { $0 = handler }
                return handler
            }
            let process = try ChildProcess("FabricPeer", ["offer", "\(listener.address)", "\(Self.payloadBytes)"])
            let (handler, payload) = await offers.values(1)[0]
            let otherHandler = RecordingHandler()
            let other = try await transport.connect(to: listener.address, otherHandler)
            return Scene(
                transport: transport, process: process, handler: handler, payload: payload,
                pool: try transport.makePool(slabBytes: Self.payloadBytes, slabs: 1), other: other,
                otherHandler: otherHandler)
        }

        @Test(
            "a peer that is stopped while a payload is pulled ends its connection in time, and the memory is free then")
        func stopped() async throws {
            var limits = FabricLimits()
            limits.pullTimeout = .seconds(1)
            let scene = try await makeScene(limits)
            try await scene.process.stop()
            let pulled = Outcomes<FabricError?>()
            scene.payload.pull(into: try #require(scene.pool.take())[0..<Self.payloadBytes]) { pulled.add($0) }
            await scene.checkOther()
            #expect(await pulled.values(1)[0]?.code == .timedOut)
            await scene.handler.waitForEnd()
            #expect(scene.handler.ends.count == 1 && scene.handler.ends[0]?.code == .timedOut)
            #expect(scene.otherHandler.ends.isEmpty)
            await scene.close()
            #expect(await scene.pool.comesBack(1))
        }

        @Test("a peer that is killed while a payload is pulled ends its connection at once")
        func killed() async throws {
            let scene = try await makeScene(FabricLimits())
            try await scene.process.stop()
            let pulled = Outcomes<FabricError?>()
            scene.payload.pull(into: try #require(scene.pool.take())[0..<Self.payloadBytes]) { pulled.add($0) }
            await scene.checkOther()
            scene.process.signal(SIGKILL)
            #expect(await pulled.values(1)[0]?.code == .peerGone)
            await scene.handler.waitForEnd()
            #expect(scene.handler.ends.count == 1 && scene.handler.ends[0]?.code == .peerGone)
            #expect(scene.otherHandler.ends.isEmpty)
            await scene.close()
            #expect(await scene.pool.comesBack(1))
        }

        @Test("a payload of a peer that has been killed cannot be pulled")
        func killedBefore() async throws {
            let scene = try await makeScene(FabricLimits())
            try await scene.process.kill()
            let pulled = Outcomes<FabricError?>()
            scene.payload.pull(into: try #require(scene.pool.take())[0..<Self.payloadBytes]) { pulled.add($0) }
            #expect(await pulled.values(1)[0]?.code == .peerGone)
            await scene.handler.waitForEnd()
            await scene.checkOther()
            await scene.close()
        }
    }
}
