internal import Foundation
internal import PenstockEvents
package import PenstockFabric

/// The listening end of a connection, which does what it is told by lines: the contract of transports is the same whether this end is in
/// the process of the tests or in another one.
///
/// It reacts to messages as `react` says: `keep` keeps their payloads, `echo` sends them back, `pull` pulls their payloads at once,
/// `decline` declines them, `drop` lets go of them. What is kept, pulled and sent has numbers from 0.
package final class ScriptedListener: Sendable {
    private enum Reaction: String { case keep, echo, pull, decline, drop }

    private let transport: any Transport
    private let listener: any Listener
    private let scene: Scene

    /// What has come and happened.
    private final class Scene: Sendable {
        let reaction = Guarded(Reaction.keep)
        let pool: SlabPool
        let connections = Outcomes<any Connection>()
        let offered = Outcomes<IncomingPayload>()
        let pulled = Outcomes<(number: Int, outcome: String)>()
        let released = Outcomes<FabricError?>()

        init(_ pool: SlabPool) { self.pool = pool }

        func react(to message: IncomingMessage, on connection: any Connection) {
            switch reaction.withLock({ $0 }) {
            case .keep: if let payload = message.payload { offered.add(payload) }
            case .echo: connection.send(message.bytes)
            case .decline: message.payload?.decline()
            case .drop: break
            case .pull:
                guard let payload = message.payload else { return }
                pull(payload) { self.pulled.add((Int(message.bytes[0]), $0)) }
            }
        }

        /// Pulls a payload, and gives what tells its bytes from others, or the code of the failure.
        func pull(_ payload: IncomingPayload, _ done: @escaping @Sendable (String) -> Void) {
            guard let slab = pool.take() else { return done("no slab is free") }
            let target = slab[0..<payload.byteCount]
            payload.pull(into: target) { error in
                done(error.map(\.code.rawValue) ?? String(target.digest))
            }
        }
    }

    private let handler: RecordingHandler

    /// Listens at an address.
    /// - Parameter refuses: Whether it wants no connection.
    package init(_ transport: any Transport, at address: FabricAddress, refuses: Bool = false) async throws {
        let scene = Scene(try transport.makePool(slabBytes: 5 << 20, slabs: 24))
        let handler = RecordingHandler { scene.react(to: $0, on: $1) }
        listener = try await transport.listen(at: address) { connection in
            guard !refuses else { return nil }
            scene.connections.add(connection)
            return handler
        }
        (self.transport, self.scene, self.handler) = (transport, scene, handler)
    }

    package var address: FabricAddress { listener.address }

    /// Does what a line says, and gives what there is to say about it.
    package func answer(_ line: String) async -> String {
        let words = line.split(separator: " ").map(String.init)
        let numbers = words.dropFirst().compactMap { Int($0) }
        switch words.first {
        case "react": scene.reaction.withLock { $0 = Reaction(rawValue: words[1]) ?? .keep }
        case "messages":
            await handler.waitForMessages(numbers[0])
            return handler.messages.map { String($0.withUnsafeBytes { XXHash64.hash($0) }) }.joined(separator: " ")
        case "overlapped": return "\(handler.overlapped)"
        case "size": return "\(await payload(numbers[0]).byteCount)"
        case "pull":
            let payload = await payload(numbers[0])
            return await withCheckedContinuation { continuation in
                scene.pull(payload) { continuation.resume(returning: $0) }
            }
        case "decline": for payload in scene.offered.values { payload.decline() }
        case "pulled":
            return await scene.pulled.values(numbers[0]).map { "\($0.number):\($0.outcome)" }.joined(separator: " ")
        case "offer":
            guard let slab = scene.pool.take() else { return "no slab is free" }
            let payload = slab[0..<numbers[1]]
            payload.fill(numbers[0])
            await connection.send([UInt8(numbers[0])], payload) { [scene] in scene.released.add($0) }
        case "released": return Self.text(await scene.released.values(numbers[0]))
        case "close": await connection.close()
        case "fail": await connection.fail(FabricError(.protocolViolation, "a test"))
        case "ends":
            await handler.waitForEnd()
            return Self.text(handler.ends)
        case "ended": return Self.text(handler.ends)
        case "free": return "\(await scene.pool.comesBack(scene.pool.slabCount))"
        case "sockets": return "\(Self.openSockets)"
        case "stop": await listener.close()
        default: return "what is \(line)?"
        }
        return ""
    }

    private var connection: any Connection {
        get async { await scene.connections.values(1)[0] }
    }

    private func payload(_ number: Int) async -> IncomingPayload { await scene.offered.values(number + 1)[number] }

    private static func text(_ outcomes: [FabricError?]) -> String {
        outcomes.map { $0?.code.rawValue ?? "well" }.joined(separator: " ")
    }

    /// The sockets of this process; other tests than those of the fabric, which open files meanwhile, have none.
    private static var openSockets: Int {
        let files = FileManager.default
        let descriptors = (try? files.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return descriptors.count {
            (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix("socket:") == true
        }
    }
}
