internal import PenstockEvents

/// The piece of a segment that was fetched last: a view of the page cache where all of it is there, else read into memory.
struct SegmentWindow {
    /// Bytes from a position on: where they begin in a block of memory, and how many there are.
    struct Bytes {
        let slab: Payload.Storage
        let start: Int
        let count: Int

        /// The first `wanted` bytes, or fewer where there are not so many.
        func prefix(_ wanted: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: slab.bytes[start..<start + min(count, wanted)])
        }
    }

    // Bytes that the storage is asked to fetch ahead of cold reading.
    private static let aheadBytes = 4 << 20

    // Less is copied rather than mapped: asking whether it is in memory, and the first touch, cost more.
    private static let mappedBytes = 16 << 10

    // What is read past the page cache comes in pieces of this size: nothing fetches it ahead.
    private static let directBytes = 1 << 20

    private let file: any StorageFile
    private let maps: Bool
    private let announces: Bool
    private var slab: Payload.Storage?
    private var isMapped = false
    private var start = 0
    private var count = 0
    /// The size of the file when it was last asked for.
    private var fileBytes = 0
    private var announced = 0

    /// - Parameters:
    ///   - maps: whether the file may be looked at in place: nobody else cuts it meanwhile.
    ///   - announces: whether what follows will be read too.
    init(_ file: any StorageFile, maps: Bool, announces: Bool = true) {
        self.announces = announces
        self.file = file
        self.maps = maps
    }

    /// Forgets what was read: the file may have more by now. What is mapped is the file itself.
    mutating func forget() {
        if !isMapped { slab = nil }
    }

    /// At least `needed` bytes from `position` on where the file has them, and up to `wanted`, which is no less, or hardly more.
    /// - Parameter pastCache: what is not in memory need not stay there for others.
    mutating func bytes(
        _ needed: Int, wanted: Int, at position: Int, pastCache: Bool = false
    ) throws(StorageError) -> Bytes {
        if let slab, position >= start, position + needed <= start + count {
            return Bytes(slab: slab, start: position - start, count: start + count - position)
        }
        start = position
        isMapped = try map(needed, wanted)
        var isThere = isMapped
        if !isThere, pastCache { isThere = try readBlocks(wanted) }
        if !isThere {
            // Who takes little here and there would have fetched what it passes over.
            if wanted >= Self.mappedBytes { announce(upTo: position + wanted) }
            let slab = Payload.Storage(byteCount: wanted)
            count = try file.read(into: slab.bytes, at: position)
            self.slab = slab
        }
        guard let slab else { preconditionFailure("a window has bytes once they were fetched") }
        return Bytes(slab: slab, start: position - start, count: max(0, start + count - position))
    }

    private mutating func readBlocks(_ wanted: Int) throws(StorageError) -> Bool {
        let first = start / FileBlock.alignment * FileBlock.alignment
        // What fills the last block, and the header in the one behind it, need no call of their own.
        let end = start + (wanted < Self.mappedBytes ? wanted : max(wanted + FileBlock.alignment, Self.directBytes))
        let slab = Payload.Storage(
            byteCount: max((end - first).rounded(upTo: FileBlock.alignment), PageMemory.smallestBytes))
        guard let read = try file.readBlocks(into: slab.bytes, at: first) else { return false }
        (start, count) = (first, read)
        self.slab = slab
        return true
    }

    private mutating func map(_ needed: Int, _ wanted: Int) throws(StorageError) -> Bool {
        guard maps, wanted >= Self.mappedBytes else { return false }
        if fileBytes < start + wanted { fileBytes = try file.byteCount() }
        let end = min(start + wanted, fileBytes)
        guard end - start >= needed, let view = try file.mapped(start..<end) else { return false }
        slab = view
        count = end - start
        return true
    }

    private mutating func announce(upTo end: Int) {
        guard announces, end > announced else { return }
        announced = end + Self.aheadBytes
        file.willRead(end..<announced)
    }
}
