internal import ArgumentParser
internal import PenstockEvents
internal import PenstockFabric

/// The transports that are measured.
enum BenchmarkTransport: String, ExpressibleByArgument, CaseIterable {
    case inProcess = "in-process"
    case tcp
    /// libfabric, with the provider that it has.
    case fabric

    func make() throws -> any Transport {
        switch self {
        case .inProcess: InProcessTransport()
        case .tcp: try TCPTransport(security: .plaintext)
        case .fabric: try LibfabricTransport()
        }
    }

    var address: FabricAddress {
        switch self {
        case .inProcess: .name("benchmark")
        case .tcp, .fabric: .host("127.0.0.1", port: 0)
        }
    }
}

/// Two connected ends in this process, each with a transport of its own where they need not share one.
struct TransportPair {
    let server: any Transport
    let client: any Transport
    let serverHandler = SwitchedHandler()
    let clientHandler = SwitchedHandler()
    let connection: any Connection
    private let listener: any Listener

    init(_ kind: BenchmarkTransport) async throws {
        server = try kind.make()
        client = kind == .inProcess ? server : try kind.make()
        listener = try await server.listen(at: kind.address) { [serverHandler] _ in serverHandler }
        connection = try await client.connect(to: listener.address, clientHandler)
    }

    func close() async {
        connection.close()
        await client.close()
        await server.close()
    }
}

/// Does with messages what the measurement that is under way wants.
final class SwitchedHandler: ConnectionHandler {
    typealias Reaction = @Sendable (IncomingMessage, any Connection) -> Void

    /// In a struct: each look at a closure that is the lock's whole value would wrap it once more.
    private struct State {
        var react: Reaction = { _, _ in }
    }

    private let state = Guarded(State())

    func react(_ reaction: @escaping Reaction) { state.withLock { $0.react = reaction } }

    func received(_ message: IncomingMessage, on connection: any Connection) {
        state.withLock { $0.react }(message, connection)
    }

    func ended(_ reason: FabricError?, of connection: any Connection) {
        if let reason { print("error: a connection has ended: \(reason)") }
    }
}
