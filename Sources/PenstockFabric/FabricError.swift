public import PenstockEvents

/// What went wrong between two processes, with which of them, and what to do about it.
public struct FabricError: Diagnostic, Sendable, Hashable {
    /// What kind of failure it is.
    public let code: Code
    /// One line: what happened, with which peer, address or file.
    public let summary: String
    /// One line: what to do about it.
    public let hint: String?

    /// Kinds of failure. The raw values are stable names for scripts.
    public enum Code: String, Sendable, Hashable {
        /// The text is no address, or none that the transport knows.
        case invalidAddress = "invalid-address"
        /// Somebody else listens there.
        case addressInUse = "address-in-use"
        /// Nobody listens there, or the listener does not want the connection.
        case refused = "refused"
        /// The peer has not answered in time.
        case timedOut = "timed-out"
        /// The peer has gone without closing the connection.
        case peerGone = "peer-gone"
        /// The peer has sent what the protocol does not allow.
        case protocolViolation = "protocol-violation"
        /// The peer's certificate, token or proof is not accepted.
        case notTrusted = "not-trusted"
        /// This side's own certificate, key or list of authorities cannot be used.
        case invalidIdentity = "invalid-identity"
        /// A message or a payload is larger than its limit.
        case tooLarge = "too-large"
        /// More waits to be sent than the limit allows.
        case queueFull = "queue-full"
        /// There is no memory for a pool.
        case outOfMemory = "out-of-memory"
        /// The library, the provider or the device is not there.
        case unavailable = "unavailable"
        /// The connection, the listener or the transport was closed.
        case closed = "closed"
    }

    /// An error.
    public init(_ code: Code, _ summary: String, hint: String? = nil) {
        self.code = code
        self.summary = summary
        self.hint = hint
    }

    /// The kind of failure, from the code.
    public var category: FailureCategory {
        switch code {
        case .invalidAddress: .usage
        case .addressInUse, .outOfMemory, .queueFull: .temporary
        case .refused, .timedOut, .unavailable: .unavailable
        case .peerGone, .protocolViolation, .closed: .inputOutput
        case .notTrusted, .invalidIdentity: .configuration
        case .tooLarge: .data
        }
    }
}

// What every transport says of an end that somebody wanted.
extension FabricError {
    /// The transport takes nothing any more.
    package static let transportClosed = FabricError(.closed, "the transport is closed")

    /// A connection takes nothing any more.
    package static func isClosed(to peer: FabricPeer) -> FabricError {
        FabricError(.closed, "the connection to \(peer) is closed")
    }

    /// A connection was closed before something was done.
    package static func wasClosed(to peer: FabricPeer) -> FabricError {
        FabricError(.closed, "the connection to \(peer) was closed")
    }
}
