internal import CFabric

/// The payloads that a link reads from its peer's memory.
struct LinkPulling {
    struct Pull {
        let request: PullRequest
        /// Local memory as the provider wants it named.
        let descriptor: UnsafeMutableRawPointer?
        let region: MemoryRegion?
        /// Bytes that are asked for, and that have come.
        var asked = 0
        var done = 0
    }

    /// Payloads larger than this are read in pieces.
    static let pieceBytes = 4 << 20
    /// So many bytes are released at once, however much is under way.
    private static let heldBytes = 256 << 10
    var pulls: [UInt64: Pull] = [:]
    /// Those of which not all pieces are asked for.
    var waiting = Fifo<UInt64>()
    /// How many pieces are under way.
    var reads = 0
    /// When the next piece must have come.
    var deadline = UInt64.max
    /// Payloads that are here and not released, and their bytes.
    private var held: [UInt64] = []
    private var heldBytes = 0

    /// Whether everything that has come is released.
    var isReleased: Bool { held.isEmpty }

    /// A payload is here.
    mutating func hold(_ offer: OfferedMemory) {
        held.append(offer.number)
        heldBytes += offer.byteCount
    }

    /// The payloads to release now. They wait for one another only while several times as many are under way: those bring more,
    /// and keep the peer busy until then.
    mutating func takeHeld(withOthers: Bool) -> [UInt64] {
        guard withOthers || heldBytes >= Self.heldBytes || 3 * held.count >= reads else { return [] }
        defer { (held, heldBytes) = ([], 0) }
        return held
    }
}

extension Link {
    /// Begins to bring a payload.
    func pull(_ request: PullRequest) {
        switch phase {
        case .open, .closing: break
        default: return request.pulled(.isClosed(to: connection.peer))
        }
        attempt { () throws(FabricError) in
            var (region, descriptor): (MemoryRegion?, UnsafeMutableRawPointer?)
            if context.domain.mode.contains(.local), let endpoint {
                do throws(FabricError) {
                    region = try context.region(for: request.target, endpoint).region
                    descriptor = region?.descriptor
                } catch {
                    // The peer has done nothing wrong, but the payload cannot come.
                    sending.control.append(.release(request.offer.number, isDeclined: true))
                    return request.pulled(error)
                }
            }
            pulling.pulls[request.offer.number] = LinkPulling.Pull(
                request: request, descriptor: descriptor, region: region)
            pulling.waiting.append(request.offer.number)
            if pulling.deadline == .max { pulling.deadline = context.deadline(in: context.limits.pullTimeout) }
        }
    }

    /// Gives a payload back to the peer.
    func decline(_ payload: UInt64) {
        attempt { () throws(FabricError) in
            switch phase {
            case .open, .closing: sending.control.append(.release(payload, isDeclined: true))
            default: break
            }
        }
    }

    /// Asks for pieces, as many as the provider takes.
    func pumpPulls() throws(FabricError) {
        guard let endpoint else { return }
        let most = min(LinkPulling.pieceBytes, context.domain.info.operationBytes)
        while pulling.reads < endpoint.slots.reads, let number = pulling.waiting.first {
            guard var pull = pulling.pulls[number] else { preconditionFailure("a pull that waits is there") }
            let offer = pull.request.offer
            let byteCount = min(most, offer.byteCount - pull.asked)
            let target = UnsafeMutableRawBufferPointer(
                rebasing: pull.request.target.bytes[pull.asked..<pull.asked + byteCount])
            context.activate(endpoint)
            let status = endpoint.read(
                payload: number, into: target, pull.descriptor, from: destination, offer.address &+ UInt64(pull.asked),
                offer.key)
            guard status == 0 else { return try stall(status, "a payload") }
            stallDeadline = .max
            pulling.reads += 1
            pull.asked += byteCount
            pulling.pulls[number] = pull
            if pull.asked == offer.byteCount { _ = pulling.waiting.popFirst() }
        }
    }

    /// Tells the peer of payloads that are here, some in one send: a send for each costs as much as reading a small one.
    func releasePulled() {
        switch phase {
        case .open, .closing: break
        default: return
        }
        let hasOthers = !sending.control.isEmpty || !sending.waiting.isEmpty
        for payload in pulling.takeHeld(withOthers: hasOthers) {
            sending.control.append(.release(payload, isDeclined: false))
        }
    }

    /// A piece has come.
    func read(_ number: UInt64, _ byteCount: Int) {
        attempt { () throws(FabricError) in
            pulling.reads -= 1
            guard var pull = pulling.pulls[number] else { preconditionFailure("a piece of a pull that is there") }
            pull.done += byteCount
            pulling.pulls[number] = pull
            if pull.done == pull.request.offer.byteCount {
                pulling.pulls[number] = nil
                pulling.hold(pull.request.offer)
                pull.request.pulled(nil)
            }
            pulling.deadline = pulling.pulls.isEmpty ? .max : context.deadline(in: context.limits.pullTimeout)
        }
    }
}
