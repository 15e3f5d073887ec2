internal import PenstockEvents

/// The rules by which bytes at a position of a segment are the next batch.
struct BatchCheck {
    let generation: UInt64
    let batchBytesLimit: Int
    /// Whether offsets may be missing between batches, as they are in a compacted segment.
    let allowsGaps: Bool
    var expectedOffset: UInt64
    var lastEpoch: UInt32

    init(_ segment: Superblock, limits: LogLimits) {
        generation = segment.generation
        batchBytesLimit = limits.batchBytes
        allowsGaps = segment.cleanOffset != nil
        expectedOffset = segment.baseOffset
        lastEpoch = segment.epoch
    }

    /// The header at the beginning of `bytes`, which are fewer than a header takes only where the file ends.
    func header(in bytes: UnsafeRawBufferPointer) throws(BatchDefect) -> BatchHeader {
        guard bytes.count > 0 else { throw .endOfFile }
        guard bytes.count >= BatchHeader.byteCount else {
            throw .truncated(needed: BatchHeader.byteCount, available: bytes.count)
        }
        let header = try BatchHeader(bytes, generation: generation)
        guard header.baseOffset == expectedOffset || allowsGaps && header.baseOffset > expectedOffset else {
            throw .offset(expected: expectedOffset, found: header.baseOffset)
        }
        guard header.epoch >= lastEpoch else { throw .epochFell(from: lastEpoch, to: header.epoch) }
        let largest = Int(max(header.storedBytes, header.rawBytes))
        guard largest <= batchBytesLimit else { throw .tooLarge(largest, limit: batchBytesLimit) }
        return header
    }

    /// Where the next batch begins if none does at `position`: a writer may end what it writes with a whole block, filled up with
    /// zeros. `bytes` are those of the file from `position` on. Nil where they are no such filling.
    ///
    /// Nothing can hide behind zeros: a batch that was lost leaves a gap in the offsets.
    static func fillingEnd(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
        let end = position.rounded(upTo: FileBlock.alignment)
        let filling = bytes.prefix(end - position)
        guard !filling.isEmpty, isZero(UnsafeRawBufferPointer(rebasing: filling)) else { return nil }
        return end
    }

    // By words: a block's rest is looked at before every batch that is written on its own.
    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let words = bytes.count / 8
        for word in 0..<words where bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self) != 0 { return false }
        return bytes[(8 * words)...].allSatisfy { $0 == 0 }
    }

    mutating func advance(past header: BatchHeader) {
        expectedOffset = header.nextOffset
        lastEpoch = header.epoch
    }
}
