internal import PenstockEvents

/// The checksums of a payloads section, block by block, taken while it is filled.
struct BlockChecksums {
    /// The end of the block that is being filled, counted from the section's first byte.
    private(set) var blockEnd = BatchLayout.blockBytes

    private let section: UnsafeMutableRawBufferPointer
    private var checksums: [UInt32] = []

    init(_ section: UnsafeMutableRawBufferPointer) {
        self.section = section
        checksums.reserveCapacity(BatchLayout.blockCount(section.count))
    }

    /// The block is full.
    mutating func closeBlock() {
        let block = blockEnd - BatchLayout.blockBytes..<min(blockEnd, section.count)
        checksums.append(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: section[block])))
        blockEnd += BatchLayout.blockBytes
    }

    /// The section is full: the checksums of all blocks.
    mutating func finish() -> [UInt32] {
        while checksums.count < BatchLayout.blockCount(section.count) { closeBlock() }
        return checksums
    }
}
