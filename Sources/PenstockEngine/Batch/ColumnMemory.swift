internal import PenstockEvents

/// The memory of columns: large ones have pages of their own, which are used again, small ones are on the heap.
enum ColumnMemory {
    /// Uninitialised memory, to be given back with the same number of bytes.
    static func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= PageMemory.smallestBytes else {
            return .allocate(byteCount: max(byteCount, 1), alignment: max(alignment, 16))
        }
        precondition(alignment <= 4096, "a type with an alignment above that of a page")
        return PageMemory.take(byteCount)
    }

    /// Gives memory back that `allocate` gave for this number of bytes.
    static func deallocate(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
        guard byteCount >= PageMemory.smallestBytes else { return memory.deallocate() }
        PageMemory.giveBack(memory, byteCount)
    }
}
