internal import PenstockEvents

/// A segment that is open for reading.
final class SegmentFile: Sendable {
    let partition: TopicPartition
    let name: SegmentName
    let path: String
    let file: any StorageFile
    let superblock: Superblock
    /// The seal that the file had when it was opened.
    let seal: Seal?

    /// Opens a segment and checks its first block.
    /// - Throws: `LogError` with code `damaged`, `newerFormat`, `foreignByteOrder`, or one of the storage.
    init(
        _ name: SegmentName, of partition: TopicPartition, in directory: String, storage: any Storage,
        limits: LogLimits, access: FileAccess = .read
    ) throws(LogError) {
        self.partition = partition
        self.name = name
        let path = directory + "/" + name.fileName
        self.path = path
        let file = try explained(partition) { () throws(StorageError) in try storage.open(path, access) }
        self.file = file
        (superblock, seal) = try Self.firstBlock(of: file, partition, name, path, attempts: limits.readAttempts)
    }

    // Reads again what is wrong, as a bit may have changed on the way here only.
    private static func firstBlock(
        of file: any StorageFile, _ partition: TopicPartition, _ name: SegmentName, _ path: String,
        attempts: Int
    ) throws(LogError) -> (Superblock, Seal?) {
        let block = Payload.Storage(byteCount: Superblock.byteCount)
        for attempt in 1... {
            let count = try explained(partition) { () throws(StorageError) in try file.read(into: block.bytes, at: 0) }
            let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[..<count])
            do throws(LogError) {
                let superblock = try Superblock(bytes, of: partition, name: name, file: path)
                let seal = Seal(block: bytes, generation: superblock.generation)
                if seal != nil || Seal.isAbsent(in: bytes) || attempt >= attempts { return (superblock, seal) }
            } catch {
                if attempt >= attempts || error.code != .damaged { throw error }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// The position behind the last block of `size` bytes that is not zero, or `start` where all is zero from there on.
    func contentEnd(from start: Int, size: Int) throws(LogError) -> Int {
        let block = Payload.Storage(byteCount: 1 << 20)
        var end = size
        while end > start {
            let position = max(start, end - block.bytes.count)
            let window = UnsafeMutableRawBufferPointer(rebasing: block.bytes[..<(end - position)])
            let count = try explained(partition) { () throws(StorageError) in try file.read(into: window, at: position)
            }
            let bytes = UnsafeRawBufferPointer(rebasing: window[..<count])
            if !bytes.isZero, let last = bytes.lastIndex(where: { $0 != 0 }) {
                return (position + last + 1).rounded(upTo: FileBlock.alignment)
            }
            end = position
        }
        return start
    }

    /// The error for a batch that only newer programs can read.
    func newer(_ version: UInt8, at position: Int, offset: UInt64) -> LogError {
        LogError(
            .newerFormat,
            "\(partition): the batch at offset \(offset) in \(path) at byte \(position) has format version \(version); "
                + "this program reads up to \(BatchHeader.version)",
            hint: "use a newer release; nothing was changed",
            place: .init(
                partition: partition, offsets: offset..<max(offset, offset &+ 1), file: path, position: position))
    }

    /// An error that names this file.
    func damage(_ defect: BatchDefect, at position: Int, offsets: Range<UInt64>) -> LogError {
        LogError(
            .damaged,
            "\(partition): offsets \(offsets.lowerBound)..<\(offsets.upperBound) are damaged in \(path) at byte \(position): \(defect)",
            hint: "restore the file from a copy, or read on from offset \(offsets.upperBound)",
            place: .init(partition: partition, offsets: offsets, file: path, position: position))
    }
}
