/// A payload in the registered memory of a peer.
struct OfferedMemory: Sendable {
    let link: UInt64
    /// Its number on the connection, by which it is released.
    let number: UInt64
    let byteCount: Int
    let address: UInt64
    let key: UInt64
}

/// Brings a payload from a peer's memory, by way of the progress thread.
final class RemotePayload: PayloadSource {
    private let offer: OfferedMemory
    private let queue: ProgressQueue

    init(_ offer: OfferedMemory, _ queue: ProgressQueue) {
        self.offer = offer
        self.queue = queue
    }

    func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        let request = PullRequest(offer: offer, target: target, pulled: pulled)
        if !queue.submit(.pull(link: offer.link, request)) {
            pulled(FabricError(.closed, "the transport was closed before the payload was pulled"))
        }
    }

    func decline() { _ = queue.submit(.decline(link: offer.link, payload: offer.number)) }
}

/// A payload that has come with its message.
final class InlinePayload: PayloadSource {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func pull(into target: SlabRange, _ pulled: @escaping @Sendable (FabricError?) -> Void) {
        target.bytes.copyBytes(from: bytes)
        pulled(nil)
    }

    func decline() {}
}
