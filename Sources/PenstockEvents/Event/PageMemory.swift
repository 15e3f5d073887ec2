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
    package static var smallestBytes: Int { 8 << 10 }

    /// So many bytes may wait here for their next use, and more while waiting and used ones together are no more than were once used at the
    /// same time. What comes back beyond goes to the system.
    package static var waitingBytesLimit: Int { 64 << 20 }

    private struct State {
        /// Addresses of the blocks that wait, by their size.
        var waiting: [Int: [UInt]] = [:]
        var waitingBytes = 0
        var usedBytes = 0
        var mostUsedBytes = 0

        mutating func take(_ size: Int) -> UInt? {
            usedBytes += size
            mostUsedBytes = max(mostUsedBytes, usedBytes)
            guard let address = waiting[size]?.popLast() else { return nil }
            waitingBytes -= size
            return address
        }

        /// Whether the block is kept.
        mutating func giveBack(_ address: UInt, _ size: Int) -> Bool {
            usedBytes -= size
            let waitingAfter = waitingBytes + size
            guard waitingAfter <= max(waitingBytesLimit, mostUsedBytes - usedBytes) else { return false }
            waiting[size, default: []].append(address)
            waitingBytes = waitingAfter
            return true
        }
    }

    private static let state = Guarded(State())

    /// The size of the block for so many bytes: that number, rounded up by at most an eighth and to whole pages.
    package static func blockBytes(for byteCount: Int) -> Int {
        let power = 1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount)
        let step = max(4096, power / 8)
        return (byteCount + step - 1) / step * step
    }

    /// A block of at least `byteCount` bytes, on a page's boundary; its content is anything.
    package static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = blockBytes(for: byteCount)
        let waiting = state.withLock { $0.take(size) }
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
        let waits = state.withLock { $0.giveBack(UInt(bitPattern: block), size) }
        if !waits { munmap(block, size) }
    }
}
