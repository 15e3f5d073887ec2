internal import CPenstockShim

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A queue of writes that the kernel works on (io_uring), several at a time. Whoever holds it is its only user.
struct Ring: ~Copyable, Sendable {
    /// Writes in flight: more are not faster on the disks that were measured.
    static let depth: UInt32 = 4
    /// The size of one write.
    static let pieceBytes = 1 << 20

    // Sound because the value cannot be copied: one thread at a time has it.
    private nonisolated(unsafe) let ring: OpaquePointer

    /// - Throws: the system's error number where the kernel or the site's policy refuses a ring.
    init() throws(SystemCode) {
        guard DescriptorReserve.allowsOneMore else { throw SystemCode(number: EMFILE) }
        var code: CInt = 0
        guard let ring = penstock_ring_open(Self.depth, &code) else { throw SystemCode(number: code) }
        self.ring = ring
    }

    deinit { penstock_ring_close(ring) }

    /// Writes all blocks, in any order, and returns when none is in flight any more.
    borrowing func write(_ blocks: [FileBlock], to descriptor: CInt) throws(SystemCode) {
        let blocks = blocks.map {
            penstock_ring_block(bytes: $0.bytes.baseAddress, count: $0.bytes.count, position: Int64($0.position))
        }
        let code = penstock_ring_write(
            ring, descriptor, blocks, blocks.count, Self.pieceBytes, FileBlock.alignment)
        if code != 0 { throw SystemCode(number: code) }
    }
}

/// An error number of the system.
struct SystemCode: Error {
    let number: CInt

    var text: String { String(cString: strerror(number)) }
}
