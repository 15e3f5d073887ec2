/// What a transport allows, for every connection. All of them are positive.
public struct FabricLimits: Sendable, Hashable {
    /// The most bytes of a message without its payload.
    public var messageBytes = 8 << 10
    /// Payloads up to this size travel inside of the message's frame, larger ones are pulled.
    public var inlineBytes = 8 << 10
    /// The most bytes of a payload.
    public var payloadBytes = 64 << 20
    /// The most bytes of messages and payloads that wait to be sent on a connection.
    public var queuedBytes = 128 << 20
    /// For how long connecting may take, the proof of who the peer is included.
    public var connectTimeout = Duration.seconds(10)
    /// For how long a payload that is being pulled may not come on.
    public var pullTimeout = Duration.seconds(30)
    /// The most connections of a listener at a time.
    public var connections = 1024

    /// The default limits.
    public init() {}
}

extension FabricLimits {
    /// Why a message of this size, or its payload, cannot be sent; nil where it can.
    package func refusal(message: Int, payload: Int?) -> FabricError? {
        if message > messageBytes {
            return FabricError(.tooLarge, "a message of \(message) bytes cannot be sent: the limit is \(messageBytes)")
        }
        if let payload, payload > payloadBytes {
            return FabricError(.tooLarge, "a payload of \(payload) bytes cannot be sent: the limit is \(payloadBytes)")
        }
        return nil
    }

    /// That too much waits to be sent to a peer.
    package func queueFull(to peer: FabricPeer) -> FabricError {
        FabricError(.queueFull, "\(queuedBytes) bytes wait to be sent to \(peer), and the limit is reached")
    }
}
