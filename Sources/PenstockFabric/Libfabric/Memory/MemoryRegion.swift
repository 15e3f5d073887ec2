internal import CFabric

/// Memory that is registered: peers who know its key may read it as long as this is there.
///
/// Ownership: holds the domain, so that it closes before the domain does; whoever has the region keeps the memory. It
/// does not change, and the domain is safe for threads: that makes the unchecked conformance sound.
final class MemoryRegion: @unchecked Sendable {
    let domain: FabricDomain
    private var handle: FabricHandle<fid_mr>?
    private let memory: UnsafeMutableRawBufferPointer

    init(
        _ domain: FabricDomain, _ memory: UnsafeMutableRawBufferPointer,
        for endpoint: UnsafeMutablePointer<fid_ep>? = nil
    ) throws(FabricError) {
        self.domain = domain
        self.memory = memory
        handle = try domain.register(memory, for: endpoint)
    }

    deinit { handle = nil }

    private var pointer: UnsafeMutablePointer<fid_mr> {
        guard let pointer = handle?.pointer else { preconditionFailure("a region is used after it was closed") }
        return pointer
    }

    /// The key by which peers name it.
    var key: UInt64 { fi_mr_key(pointer) }

    /// How own operations name it.
    var descriptor: UnsafeMutableRawPointer? { domain.mode.contains(.local) ? fi_mr_desc(pointer) : nil }

    /// Where peers find the byte at `offset`.
    func remoteAddress(_ offset: Int) -> UInt64 { domain.mode.remoteBase(of: memory.baseAddress) &+ UInt64(offset) }
}
