internal import PenstockEvents

/// The small file that says which offset is a partition's first: below it everything was truncated, or went by retention.
///
/// It is replaced whole and synced before any segment goes, so that a crash in between leaves garbage and never a hole.
enum PartitionStart {
    static let fileName = "start"
    private static let byteCount = 16
    private static let frame = ChecksummedFrame("STRT")

    /// The first offset; 0 where there is no file. What does not pass its checks is read again, `attempts` times in all.
    /// - Throws: `LogError` with code `damaged`, or one of the storage.
    static func read(
        of partition: TopicPartition, in directory: String, storage: any Storage, attempts: Int
    ) throws(LogError) -> UInt64 {
        let path = directory + "/" + fileName
        for _ in 0..<attempts {
            let contents = try explained(partition) { () throws(StorageError) in
                try storage.contents(of: path, limit: byteCount)
            }
            guard let contents else { return 0 }
            if let offset = contents.withUnsafeBytes({ decoded($0) }) { return offset }
        }
        throw LogError(
            .damaged, "\(path) does not say which offset of \(partition) is the first",
            hint: "restore the file from a copy, or remove it to read from the earliest segment on",
            place: .init(partition: partition, file: path))
    }

    private static func decoded(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        bytes.count == byteCount && frame.holds(bytes) ? bytes.integer(at: ChecksummedFrame.byteCount) : nil
    }

    /// Replaces the file. When this returns, nothing below `offset` will be read again, whatever happens.
    static func write(_ offset: UInt64, in directory: String, storage: any Storage) throws(StorageError) {
        var fields = ByteFields(count: byteCount)
        fields.set(offset, at: ChecksummedFrame.byteCount)
        try storage.replace(fileName, in: directory, with: frame.closed(fields))
    }

    /// The error for an offset outside of what a partition holds.
    static func outOfRange(_ offset: UInt64, of partition: TopicPartition, _ held: Range<UInt64>) -> LogError {
        LogError(
            .offsetOutOfRange,
            "\(partition) has no offset \(offset): it holds \(held.lowerBound)..<\(held.upperBound)",
            hint: "read from \(offset < held.lowerBound ? held.lowerBound : held.upperBound)",
            place: .init(partition: partition, offsets: held))
    }
}
