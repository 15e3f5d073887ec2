internal import PenstockEvents

/// An index beside its segment: `<base>-<epoch>.index`. Written whole and never synced; whatever is wrong with it, it is as if it were
/// not there.
enum SegmentIndexFile {
    static let suffix = ".index"
    private static let headBytes = 64
    private static let entryBytes = 24
    private static let version: UInt32 = 1
    private static let frame = ChecksummedFrame("PSIX")

    /// The file's name beside `segment`.
    static func path(_ segment: String) -> String { String(segment.dropLast(SegmentName.suffix.count)) + suffix }

    static func encode(_ index: SegmentIndex, generation: UInt64) -> [UInt8] {
        var fields = ByteFields(count: headBytes + index.entries.count * entryBytes)
        fields.set(version, at: 8)
        fields.set(UInt32(index.entries.count), at: 12)
        fields.set(generation, at: 16)
        fields.set(index.nextOffset, at: 24)
        fields.set(index.end, at: 32)
        fields.set(index.lastAppendTime, at: 40)
        fields.set(index.minTime, at: 48)
        fields.set(index.maxTime, at: 56)
        for (number, entry) in index.entries.enumerated() {
            let place = headBytes + number * entryBytes
            fields.set(entry.offset, at: place)
            fields.set(entry.position, at: place + 8)
            fields.set(entry.maxTimeBefore, at: place + 16)
        }
        return frame.closed(fields)
    }

    /// Writes the index of a segment that was sealed. Where it cannot be written there is none.
    static func write(_ index: SegmentIndex, beside segment: String, generation: UInt64, storage: any Storage) {
        do throws(StorageError) {
            let file = try storage.open(path(segment), .updateOrCreate)
            let bytes = encode(index, generation: generation)
            try file.truncate(to: 0)
            try bytes.withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
        } catch {
            try? storage.remove(path(segment))
        }
    }

    /// The index of a sealed segment, or nil where there is none that matches it.
    static func read(beside segment: SegmentFile, storage: any Storage) -> SegmentIndex? {
        guard let seal = segment.seal, let file = try? storage.open(path(segment.path), .read),
            let size = try? file.byteCount(), size >= headBytes, size <= byteLimit(seal)
        else { return nil }
        let block = Payload.Storage(byteCount: size)
        guard (try? file.read(into: block.bytes, at: 0)) == size else { return nil }
        let bytes = UnsafeRawBufferPointer(block.bytes)
        let count = Int(bytes.integer(UInt32.self, at: 12))
        guard frame.holds(bytes), bytes.integer(at: 8) == version,
            bytes.integer(at: 16) == segment.superblock.generation,
            bytes.integer(at: 24) == seal.nextOffset, bytes.integer(at: 32) == seal.end,
            headBytes + count * entryBytes == size
        else { return nil }
        let entries = (0..<count).map { number in
            let place = headBytes + number * entryBytes
            return SegmentIndex.Entry(
                offset: bytes.integer(at: place), position: bytes.integer(at: place + 8),
                maxTimeBefore: bytes.integer(at: place + 16))
        }
        return SegmentIndex(
            nextOffset: seal.nextOffset, end: seal.end, lastAppendTime: bytes.integer(at: 40),
            minTime: bytes.integer(at: 48), maxTime: bytes.integer(at: 56), entries: entries)
    }

    // More than an index of this segment can have.
    private static func byteLimit(_ seal: Seal) -> Int {
        headBytes + (Int(clamping: seal.end) / SegmentIndex.spacing + 2) * entryBytes
    }
}
