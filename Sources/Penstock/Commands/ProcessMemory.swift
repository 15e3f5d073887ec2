internal import CPenstockShim

/// How a pipeline's program asks the system for memory.
enum ProcessMemory {
    /// Blocks from this size on go back to the system when they are released.
    static let largeBlockBytes: Int32 = 128 << 10

    /// Makes memory that was released available to all threads, and gives large blocks back to the system.
    ///
    /// Batches are made by one stage and released by another, on other threads. By default glibc keeps a heap for
    /// each thread and never
    /// shrinks it much, so that memory would grow for hours although no more is in use. Must be called before
    /// threads allocate.
    static func share() {
        penstock_share_heap(largeBlockBytes)
    }
}
