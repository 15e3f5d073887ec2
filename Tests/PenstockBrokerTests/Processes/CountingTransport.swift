import PenstockEvents
import PenstockFabric

/// A transport that counts what its connections send and receive, and keeps them.
final class CountingTransport: Transport {
    struct Counts {
        var messagesSent = 0
        var bytesReceived = 0
    }

    private let inner: any Transport
    private let counted = Guarded(Counts())
    private let made = Guarded([any Connection]())

    init(_ inner: any Transport) { self.inner = inner }

    /// All connections that were made from here, in their order, also those that have ended.
    var connections: [any Connection] { made.withLock { $0 } }

    var counts: Counts { counted.withLock { $0 } }
    var name: String { inner.name }
    var limits: FabricLimits { inner.limits }

    func makePool(slabBytes: Int, slabs: Int) throws(FabricError) -> SlabPool {
        try inner.makePool(slabBytes: slabBytes, slabs: slabs)
    }

    func listen(
        at address: FabricAddress, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) async throws(FabricError) -> any Listener {
        try await inner.listen(at: address, accept)
    }

    func connect(
        to address: FabricAddress, _ handler: any ConnectionHandler
    ) async throws(FabricError) -> any Connection {
        let connection = CountedConnection(
            try await inner.connect(to: address, CountingHandler(handler, counted)), counted)
        made.withLock { $0.append(connection) }
        return connection
    }

    func close() async { await inner.close() }

    private final class CountingHandler: ConnectionHandler {
        private let handler: any ConnectionHandler
        private let counted: Guarded<Counts>

        init(_ handler: any ConnectionHandler, _ counted: Guarded<Counts>) {
            (self.handler, self.counted) = (handler, counted)
        }

        func received(_ message: IncomingMessage, on connection: any Connection) {
            counted.withLock { $0.bytesReceived += message.bytes.count + (message.payload?.byteCount ?? 0) }
            handler.received(message, on: connection)
        }

        func ended(_ reason: FabricError?, of connection: any Connection) { handler.ended(reason, of: connection) }
    }

    private final class CountedConnection: Connection {
        private let inner: any Connection
        private let counted: Guarded<Counts>

        init(_ inner: any Connection, _ counted: Guarded<Counts>) { (self.inner, self.counted) = (inner, counted) }

        var peer: FabricPeer { inner.peer }

        func send(_ message: [UInt8], _ payload: SlabRange?, released: @escaping @Sendable (FabricError?) -> Void) {
            counted.withLock { $0.messagesSent += 1 }
            inner.send(message, payload, released: released)
        }

        func close() { inner.close() }
        func fail(_ reason: FabricError) { inner.fail(reason) }
    }
}
