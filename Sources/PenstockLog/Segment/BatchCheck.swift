internal import PenstockEvents

/// The rules by which bytes at a position of a segment are the next batch.
struct BatchCheck {
    let generation: UInt64
    let batchBytesLimit: Int
    /// Whether offsets may be missing between batches, as they are in a compacted segment.
    let allowsGaps: Bool
    var expectedOffset: UInt64
    var lastEpoch: UInt32

    init(_ segment: Superblock, expectedOffset: UInt64? = nil, limits: LogLimits) {
        generation = segment.generation
        batchBytesLimit = limits.batchBytes
        allowsGaps = segment.cleanOffset != nil
        self.expectedOffset = expectedOffset ?? segment.baseOffset
        lastEpoch = segment.epoch
    }

    /// The header in `bytes`, checked but for the body's checksum; `available` bytes of the file follow from where it begins.
    func header(in bytes: UnsafeRawBufferPointer, available: Int) throws(BatchDefect) -> BatchHeader {
        guard available > 0 else { throw .endOfFile }
        guard available >= BatchHeader.byteCount else {
            throw .truncated(needed: BatchHeader.byteCount, available: available)
        }
        let header = try BatchHeader(bytes, generation: generation)
        guard header.baseOffset == expectedOffset || allowsGaps && header.baseOffset > expectedOffset else {
            throw .offset(expected: expectedOffset, found: header.baseOffset)
        }
        guard header.epoch >= lastEpoch else { throw .epochFell(from: lastEpoch, to: header.epoch) }
        let largest = Int(max(header.storedBytes, header.rawBytes))
        guard largest <= batchBytesLimit else { throw .tooLarge(largest, limit: batchBytesLimit) }
        let needed = BatchHeader.byteCount + Int(header.storedBytes)
        guard needed <= available else { throw .truncated(needed: needed, available: available) }
        return header
    }

    func verify(_ header: BatchHeader, body: UnsafeRawBufferPointer) throws(BatchDefect) {
        guard CRC32C.checksum(body) == header.bodyCRC else { throw .bodyChecksum }
    }

    /// Where the next batch begins if none does at `position`: a writer may end what it writes with a whole block, filled up with
    /// zeros. `bytes` are those of the file from `position` on. Nil where they are no such filling.
    ///
    /// Nothing can hide behind zeros: a batch that was lost leaves a gap in the offsets.
    static func fillingEnd(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
        let end = position.rounded(upTo: FileBlock.alignment)
        let filling = bytes.prefix(end - position)
        guard !filling.isEmpty, filling.allSatisfy({ $0 == 0 }) else { return nil }
        return end
    }

    mutating func advance(past header: BatchHeader) {
        expectedOffset = header.nextOffset
        lastEpoch = header.epoch
    }
}
