internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Large blocks of memory: pages of their own, used again for the next block of about the same size.
///
/// Frames, slices and columns come and go by the thousand, on many threads. From the heap they would leave holes behind, so that a long
/// run took more and more memory, and every new one would be paid with page faults. Ownership: a block belongs to whoever took it until
/// it is given back; blocks that wait here belong to nobody.
package enum PageMemory {
    /// Blocks from this size on are worth pages of their own.
    package static var smallestBytes: Int { 32 << 10 }

    /// The most bytes that wait here for their next use; what comes back beyond goes to the system.
    package static var waitingBytesLimit: Int { 64 << 20 }

    private struct State {
        /// Addresses of the blocks that wait, by their size.
        var waiting: [Int: [UInt]] = [:]
        var bytes = 0
    }

    private static let state = Mutex(State())

    /// The size of the block for so many bytes: that number, rounded up by at most an eighth and to whole pages.
    package static func blockBytes(for byteCount: Int) -> Int {
        let power = 1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount)
        let step = max(4096, power / 8)
        return (byteCount + step - 1) / step * step
    }

    /// A block of at least `byteCount` bytes, on a page's boundary; its content is anything.
    package static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = blockBytes(for: byteCount)
        let waiting: UInt? = state.withLock { state in
            guard let address = state.waiting[size]?.popLast() else { return nil }
            state.bytes -= size
            return address
        }
        if let waiting, let block = UnsafeMutableRawPointer(bitPattern: waiting) { return block }
        let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let block, block != MAP_FAILED else {
            fatalError("no memory for a block of \(byteCount) bytes")
        }
        return block
    }

    /// Gives a block back that `take` gave for this size.
    package static func giveBack(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
        let size = blockBytes(for: byteCount)
        let waits = state.withLock { state in
            guard state.bytes + size <= waitingBytesLimit else { return false }
            state.waiting[size, default: []].append(UInt(bitPattern: block))
            state.bytes += size
            return true
        }
        if !waits { munmap(block, size) }
    }
}
