internal import PenstockEvents

/// The small file that says which offset is a partition's first: below it everything was truncated, or went by retention.
///
/// It is replaced whole and synced before any segment goes, so that a crash in between leaves garbage and never a hole.
enum PartitionStart {
    static let fileName = "start"
    private static let byteCount = 16
    /// "STRT", read as a little-endian integer.
    private static let magic: UInt32 = 0x5452_5453

    /// The first offset; 0 where there is no file.
    /// - Throws: `LogError` with code `damaged`, or one of the storage.
    static func read(
        of partition: TopicPartition, in directory: String, storage: any Storage
    ) throws(LogError) -> UInt64 {
        let path = directory + "/" + fileName
        let block = Payload.Storage(byteCount: byteCount)
        let count: Int
        do {
            count = try storage.open(path, .read).read(into: block.bytes, at: 0)
        } catch {
            if error.reason == .notFound { return 0 }
            throw LogError(error, partition: partition)
        }
        let bytes = UnsafeRawBufferPointer(block.bytes)
        guard count == byteCount, bytes.integer(at: 0) == magic, bytes.integer(at: 4) == checksum(bytes) else {
            throw LogError(
                .damaged, "\(path) does not say which offset of \(partition) is the first",
                hint: "restore the file from a copy, or remove it to read from the earliest segment on",
                place: .init(partition: partition, file: path))
        }
        return bytes.integer(at: 8)
    }

    /// Replaces the file. When this returns, nothing below `offset` will be read again, whatever happens.
    static func write(_ offset: UInt64, in directory: String, storage: any Storage) throws(StorageError) {
        var fields = ByteFields(count: byteCount)
        fields.set(magic, at: 0)
        fields.set(offset, at: 8)
        fields.set(fields.bytes.withUnsafeBytes { checksum($0) }, at: 4)
        try storage.replace(fileName, in: directory, with: fields.bytes)
    }

    /// The error for an offset outside of what a partition holds.
    static func outOfRange(_ offset: UInt64, of partition: TopicPartition, _ held: Range<UInt64>) -> LogError {
        LogError(
            .offsetOutOfRange,
            "\(partition) has no offset \(offset): it holds \(held.lowerBound)..<\(held.upperBound)",
            hint: "read from \(offset < held.lowerBound ? held.lowerBound : held.upperBound)",
            place: .init(partition: partition, offsets: held))
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[8..<byteCount]))
    }
}
