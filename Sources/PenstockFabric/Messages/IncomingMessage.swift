internal import PenstockEvents

/// A message that has come, and what came beside it.
public struct IncomingMessage: Sendable {
    /// The message.
    public let bytes: [UInt8]
    /// The payload beside it, which has not come yet; nil where there is none.
    public let payload: IncomingPayload?

    package init(_ bytes: [UInt8], _ payload: IncomingPayload?) {
        self.bytes = bytes
        self.payload = payload
    }
}

/// A payload that a peer offers. Whoever gets it pulls it once or declines it; one that is dropped is declined.
public final class IncomingPayload: Sendable {
    /// How many bytes it has.
    public let byteCount: Int

    private let source: Guarded<(any PayloadSource)?>

    package init(byteCount: Int, _ source: any PayloadSource) {
        self.byteCount = byteCount
        self.source = Guarded(source)
    }

    deinit { decline() }

    /// Brings the bytes into `target`, which is as long as the payload; `pulled` is called once, with nil when they are all there, or with
    /// what has ended the connection meanwhile; then the content of `target` is anything, and it may still be written to until
    /// the slab is given back by `pulled` being called. It may be called before this returns.
    public func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        precondition(target.count == byteCount, "a payload is pulled as a whole")
        guard let source = takeSource() else { preconditionFailure("a payload is pulled once") }
        source.pull(into: target, pulled)
    }

    /// Tells the peer that its payload is not wanted.
    public func decline() { takeSource()?.decline() }

    private func takeSource() -> (any PayloadSource)? {
        source.withLock { source in
            defer { source = nil }
            return source
        }
    }
}

/// Where a transport takes an offered payload from.
package protocol PayloadSource: AnyObject, Sendable {
    /// Brings all bytes into `target` and calls `pulled` once.
    func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void)

    /// Gives the payload back to the peer without bringing it.
    func decline()
}
