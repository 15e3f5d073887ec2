internal import PenstockEvents

/// The first 4 KiB of a segment: what the file is. Written once, before the file gets its name.
struct Superblock: Equatable {
    static let byteCount = 4096
    /// Where batches begin: on multiples of this many bytes.
    static let alignment = 64
    static let magic: [UInt8] = Array("PNSTKSEG".utf8)
    static let version: UInt32 = 1
    private static let checkedBytes = 56

    /// Random, new for every use of a file: tells its batches from those of an earlier use.
    let generation: UInt64
    let baseOffset: UInt64
    let epoch: UInt32
    let partition: UInt32
    /// For a compacted segment, the offset below which no key stands twice in the partition's segments up to this one; nil for one
    /// that holds everything that was appended.
    let cleanOffset: UInt64?

    func encoded() -> [UInt8] {
        var fields = ByteFields(count: Self.byteCount)
        for (index, byte) in Self.magic.enumerated() { fields.set(byte, at: index) }
        fields.set(Self.version, at: 8)
        fields.set(UInt32(Self.alignment), at: 12)
        fields.set(generation, at: 16)
        fields.set(baseOffset, at: 24)
        fields.set(epoch, at: 32)
        fields.set(partition, at: 36)
        if let cleanOffset {
            fields.set(UInt32(1), at: 40)
            fields.set(cleanOffset, at: 48)
        }
        fields.set(fields.bytes.withUnsafeBytes { Self.checksum($0) }, at: Self.checkedBytes)
        return fields.bytes
    }

    /// - Throws: `LogError` with code `damaged`, `foreignByteOrder` or `newerFormat`.
    init(_ bytes: UnsafeRawBufferPointer, of partition: TopicPartition, name: SegmentName, file: String)
        throws(LogError)
    {
        func refuse(_ why: String) -> LogError {
            LogError(
                .damaged, "the first block of \(file) (\(partition)) \(why)",
                hint: "restore the file from a copy; nothing of it can be trusted",
                place: .init(partition: partition, file: file, position: 0))
        }
        guard bytes.count >= Self.byteCount else { throw refuse("is cut short") }
        guard bytes[..<8].elementsEqual(Self.magic) else { throw refuse("is not that of a segment") }
        guard !Self.isInOtherByteOrder(bytes) else {
            throw LogError(
                .foreignByteOrder, "\(file) was written in big-endian byte order; a log is little endian everywhere",
                hint: "write it again with a program that follows the format, or export and import the topic there",
                place: .init(partition: partition, file: file))
        }
        guard bytes.integer(at: Self.checkedBytes) == Self.checksum(bytes) else { throw refuse("has a wrong checksum") }
        let version = bytes.integer(UInt32.self, at: 8)
        guard version == Self.version else {
            throw LogError(
                .newerFormat, "\(file) has format version \(version); this program reads up to \(Self.version)",
                hint: "use a newer release", place: .init(partition: partition, file: file))
        }
        guard bytes.integer(UInt32.self, at: 12) == UInt32(Self.alignment) else {
            throw refuse("has an unknown alignment")
        }
        generation = bytes.integer(at: 16)
        baseOffset = bytes.integer(at: 24)
        epoch = bytes.integer(at: 32)
        self.partition = bytes.integer(at: 36)
        cleanOffset = bytes.integer(UInt32.self, at: 40) == 0 ? nil : bytes.integer(at: 48)
        guard baseOffset == name.baseOffset, epoch == name.epoch, Int(self.partition) == partition.partition,
            (cleanOffset != nil) == (name.nextOffset != nil)
        else {
            throw refuse("belongs to another place than the file's name says")
        }
    }

    init(generation: UInt64, baseOffset: UInt64, epoch: UInt32, partition: UInt32, cleanOffset: UInt64? = nil) {
        self.generation = generation
        self.baseOffset = baseOffset
        self.epoch = epoch
        self.partition = partition
        self.cleanOffset = cleanOffset
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<checkedBytes]))
    }

    // Both fields at once: that is no flipped bit.
    private static func isInOtherByteOrder(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.integer(UInt32.self, at: 8).byteSwapped <= UInt32(UInt16.max)
            && bytes.integer(UInt32.self, at: 12).byteSwapped == UInt32(alignment)
    }
}
