import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import PenstockBroker

/// A client of the broker's protocol that sends what it is told to, honest or not.
final class RawClient: ConnectionHandler {
    /// What the broker makes of a message.
    enum Outcome: Equatable, CustomStringConvertible {
        case answered
        case refused(LogError.Code)
        case dropped

        var description: String {
            switch self {
            case .answered: "answered"
            case .refused(let code): "refused: \(code.rawValue)"
            case .dropped: "dropped"
            }
        }
    }

    private struct State {
        var connection: (any Connection)?
        var outcomes: [UInt64: Outcome] = [:]
        var answers: [UInt64: [UInt8]] = [:]
        var hasEnded = false
        var next: UInt64 = 1
        /// What nobody has taken or declined.
        var hoard: [IncomingPayload] = []
    }

    private let transport: any Transport
    private let hoards: Bool
    private let state = Guarded(State())

    private init(_ transport: any Transport, hoards: Bool) { (self.transport, self.hoards) = (transport, hoards) }

    /// - Parameter hoards: Whether it keeps the payloads that it is offered, and takes none of them.
    static func connect(
        to address: FabricAddress, over transport: any Transport, hoards: Bool = false
    ) async throws -> RawClient {
        let client = RawClient(transport, hoards: hoards)
        let connection = try await transport.connect(to: address, client)
        client.state.withLock { $0.connection = connection }
        return client
    }

    /// One that has said hello.
    static func greeted(
        at address: FabricAddress, over transport: any Transport, hoards: Bool = false
    ) async throws -> RawClient {
        let client = try await connect(to: address, over: transport, hoards: hoards)
        let hello = Hello(client: "liar", token: "", session: Array(repeating: 7, count: 32))
        #expect(try await client.outcome(of: .hello(hello)) == .answered)
        return client
    }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func message(_ request: Request) -> (number: UInt64, bytes: [UInt8]) {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        return (number, Envelope(.request, number).message { $0.put(request) })
    }

    func send(_ bytes: [UInt8], _ payload: [UInt8]? = nil) throws {
        guard let connection = state.withLock({ $0.connection }) else { return }
        guard let payload else { return connection.send(bytes) }
        let pool = try transport.makePool(slabBytes: max(payload.count, 1), slabs: 1)
        guard let slab = pool.take() else { throw ChildFailure("a new pool has a slab") }
        slab.bytes.copyBytes(from: payload)
        connection.send(bytes, slab[0..<payload.count]) { _ in }
    }

    /// Sends a message, and beside it a payload of so many zeros.
    func send(_ bytes: [UInt8], payloadBytes: Int?) throws {
        guard let connection = state.withLock({ $0.connection }) else { return }
        guard let payloadBytes else { return connection.send(bytes) }
        let pool = try transport.makePool(slabBytes: payloadBytes, slabs: 1)
        guard let slab = pool.take() else { throw ChildFailure("a new pool has a slab") }
        connection.send(bytes, slab[0..<payloadBytes]) { _ in }
    }

    /// What becomes of a message with this number.
    func outcome(_ number: UInt64) async throws -> Outcome {
        var outcome: Outcome?
        try await eventually("what becomes of a message") {
            outcome = state.withLock { state in state.outcomes[number] ?? (state.hasEnded ? .dropped : nil) }
            return outcome != nil
        }
        return outcome ?? .dropped
    }

    func outcome(of request: Request, _ payload: [UInt8]? = nil) async throws -> Outcome {
        let (number, bytes) = message(request)
        try send(bytes, payload)
        return try await outcome(number)
    }

    /// What becomes of bytes that are no message of ours: whether the connection ends, or is still good for a ping.
    func outcome(ofBytes bytes: [UInt8], _ payload: [UInt8]? = nil) async throws -> Outcome {
        try send(bytes, payload)
        return try await outcome(of: .ping)
    }

    /// The answer to a request.
    func answer(to request: Request, _ payload: [UInt8]? = nil) async throws -> WireReader {
        let (number, bytes) = message(request)
        try send(bytes, payload)
        #expect(try await outcome(number) == .answered)
        return WireReader(state.withLock { $0.answers[number] ?? [] })
    }

    func close() { state.withLock { $0.connection }?.close() }

    func received(_ message: IncomingMessage, on connection: any Connection) {
        var reader = WireReader(message.bytes)
        guard let envelope = try? Envelope(from: &reader) else { return }
        let outcome: Outcome
        if envelope.kind == .failure {
            // A failure that is larger than a message comes as a payload, which is not looked at here.
            outcome = .refused((try? LogError(from: &reader))?.code ?? .storage)
        } else {
            outcome = .answered
        }
        state.withLock { state in
            if hoards, let payload = message.payload { state.hoard.append(payload) }
            state.outcomes[envelope.number] = outcome
            state.answers[envelope.number] = Array(message.bytes[Envelope.byteCount...])
        }
    }

    func ended(_ reason: FabricError?, of connection: any Connection) {
        state.withLock { state in (state.hasEnded, state.connection) = (true, nil) }
    }
}
