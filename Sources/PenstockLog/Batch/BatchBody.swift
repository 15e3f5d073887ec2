internal import PenstockEvents

/// The two sections of a body in memory, not compressed (any more): the prefix of columns and attributes, and the payloads.
struct BatchBody {
    /// Where a section begins in a slab.
    struct Section {
        let slab: Payload.Storage
        let start: Int
    }

    let prefix: Section
    /// Nil where only attributes were read.
    let payloads: Section?

    /// The sections of a stored body whose first byte, already verified, is at `start` of `slab`. Of `attributes` alone only the
    /// prefix has to be there.
    init(_ header: BatchHeader, slab: Payload.Storage, at start: Int, parts: RecordParts) throws(BatchDefect) {
        let stored = start..<start + Int(header.prefixStoredBytes)
        prefix = try Self.section(slab, stored, rawBytes: Int(header.prefixRawBytes))
        let behind = stored.upperBound..<stored.upperBound + header.payloadStoredBytes
        payloads = parts == .everything ? try Self.section(slab, behind, rawBytes: header.payloadRawBytes) : nil
    }

    private static func section(
        _ slab: Payload.Storage, _ stored: Range<Int>, rawBytes: Int
    ) throws(BatchDefect) -> Section {
        if stored.count == rawBytes { return Section(slab: slab, start: stored.lowerBound) }
        let target = Payload.Storage(byteCount: rawBytes)
        try LZ4Block.decompress(UnsafeRawBufferPointer(rebasing: slab.bytes[stored]), into: target.bytes)
        return Section(slab: target, start: 0)
    }
}
