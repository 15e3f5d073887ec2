/// Moves messages, and large payloads beside them, between two processes, or two parts of one.
///
/// A message is small and comes as a whole, in order. A payload comes beside a message: the receiver pulls it into memory of its own
/// when it has room, or declines it, so that nobody is made to take more than it can hold. Over a fabric that is one remote read
/// without a copy by a processor, over TCP the bytes follow the message in the stream, within a process they are copied.
/// What is sent behind a payload may wait until the payload is pulled or declined, as it does over TCP.
///
/// Handlers are called on a thread of the transport, for one connection one call at a time and in the order of the messages. They must
/// not block: the thread serves other connections too.
public protocol Transport: AnyObject, Sendable {
    /// What it is called in errors and figures: `tcp`, `tls`, `in-process`, or the name of a fabric's provider.
    var name: String { get }

    /// What messages and payloads may be.
    var limits: FabricLimits { get }

    /// Memory from which this transport moves payloads best: `slabs` of `slabBytes` each, which is rounded up to whole pages.
    /// - Throws: `FabricError` with code `outOfMemory`, or `unavailable` where the fabric refuses the memory.
    func makePool(slabBytes: Int, slabs: Int) throws(FabricError) -> SlabPool

    /// Listens at an address until the listener is closed. `accept` is called for each new connection, and gives what handles it; nil
    /// refuses the connection.
    /// - Throws: `FabricError` with code `addressInUse`, `invalidAddress`, `invalidIdentity`, `closed` or `unavailable`.
    func listen(
        at address: FabricAddress, _ accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) async throws(FabricError) -> any Listener

    /// Connects to a listener within `limits.connectTimeout`.
    /// - Throws: `FabricError` with code `refused`, `timedOut`, `invalidAddress`, `notTrusted`, `protocolViolation` where another service
    ///   answers, `closed` or `unavailable`.
    func connect(to address: FabricAddress, _ handler: any ConnectionHandler) async throws(FabricError)
        -> any Connection

    /// Closes all listeners and connections, and gives threads and memory back. Closing twice does nothing.
    func close() async
}

/// A place where connections are accepted.
public protocol Listener: AnyObject, Sendable {
    /// The address to connect to: with the port that was chosen, where port 0 was asked for.
    var address: FabricAddress { get }

    /// Accepts no more connections; those that are there stay. Closing twice does nothing.
    func close() async
}

/// A connection to a peer. It ends when either side closes it, or at the first failure; then its handler is told once.
///
/// Over a fabric the death of a peer may show only when something is pulled from it or sent to it: who has to know sooner asks for signs of
/// life, or has a TCP connection beside it.
public protocol Connection: AnyObject, Sendable {
    /// Who is at the other end.
    var peer: FabricPeer { get }

    /// Hands over a message of at most `limits.messageBytes` bytes, and a payload of at most `limits.payloadBytes` beside it.
    ///
    /// Does not wait. `released` is called once: with nil when the payload's memory is the sender's again, because the peer has pulled
    /// or declined it or because the transport has a copy, and with an error where the connection ended before. It may be called before
    /// this returns. What cannot be sent ends with an error in `released`: code `tooLarge`, `queueFull` where `limits.queuedBytes` are
    /// on their way, or `closed`; the connection stays as it is.
    func send(
        _ message: [UInt8], _ payload: SlabRange?, released: @escaping @Sendable (FabricError?) -> Void)

    /// Ends the connection when what was handed over has been sent, and its payloads are released. From now on this side's handler hears of
    /// nothing but the end, and what it was offered cannot be pulled any more. Closing twice does nothing.
    func close()

    /// Ends the connection at once, because the peer does not keep to the protocol or does not answer; its handler is told `reason`.
    func fail(_ reason: FabricError)
}

extension Connection {
    /// Hands over a message without a payload.
    public func send(_ message: [UInt8]) { send(message, nil, released: { _ in }) }
}

/// What happens at a connection. All calls come from a thread of the transport, one at a time.
public protocol ConnectionHandler: AnyObject, Sendable {
    /// A message has come.
    func received(_ message: IncomingMessage, on connection: any Connection)

    /// The connection has ended: nil where the peer or this side has closed it. No call follows. What this side had handed over before it
    /// closed and did not get through is told by `released`.
    func ended(_ reason: FabricError?, of connection: any Connection)
}

/// Who is at the other end of a connection.
public struct FabricPeer: Sendable, Hashable, CustomStringConvertible {
    /// Where the peer is, for messages to people.
    public let address: String
    /// The subject of the peer's certificate, where the transport has verified one.
    public let identity: String?
    /// The number of the ticket that has let the peer in, where it has come by one.
    public let ticket: UInt64?

    /// A peer.
    public init(address: String, identity: String? = nil, ticket: UInt64? = nil) {
        self.address = address
        self.identity = identity
        self.ticket = ticket
    }

    /// The identity, where there is one, and the address.
    public var description: String { identity.map { "\($0) at \(address)" } ?? address }
}
