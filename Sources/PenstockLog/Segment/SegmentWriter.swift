/// The segment that a partition's writer appends to.
///
/// Space is reserved ahead in steps that double from 4 MiB, without changing the file's size: the file always ends with its last
/// batch. Confined to the writer's actor.
final class SegmentWriter {
    let name: SegmentName
    let generation: UInt64
    let path: String
    /// The position behind the last batch.
    private(set) var position = Superblock.byteCount
    /// Of what was appended; complete when the segment is sealed.
    private(set) var index: SegmentIndex

    private let file: any StorageFile
    private let segmentBytes: Int
    private var reserved = 0
    private var nextStep = 4 << 20
    private var canReserve = true

    /// Creates the file under another name, writes and syncs its first block, and gives it its name: a segment with a torn first
    /// block is always damage, never an interrupted creation.
    init(
        _ name: SegmentName, of partition: TopicPartition, in directory: String, generation: UInt64, segmentBytes: Int,
        storage: any Storage
    ) throws(StorageError) {
        self.name = name
        index = SegmentIndex(baseOffset: name.baseOffset)
        self.generation = generation
        self.segmentBytes = segmentBytes
        path = directory + "/" + name.fileName
        let unfinished = String(path.dropLast(SegmentName.suffix.count)) + SegmentName.unfinishedSuffix
        if try storage.kind(of: unfinished) != nil { try storage.remove(unfinished) }
        let created = try storage.open(unfinished, .createNew)
        let superblock = Superblock(
            generation: generation, baseOffset: name.baseOffset, epoch: name.epoch,
            partition: UInt32(partition.partition))
        do {
            try superblock.encoded().withRawBytes { bytes throws(StorageError) in
                try created.write([bytes], at: 0)
            }
            try created.sync()
            try storage.rename(unfinished, to: path)
            try storage.syncDirectory(directory)
            file = try storage.open(path, .update)
        } catch {
            try? storage.remove(unfinished)
            throw error
        }
    }

    /// Whether a batch of `byteCount` bytes belongs into the next segment.
    func isFull(for byteCount: Int) -> Bool {
        position > Superblock.byteCount && position + byteCount > segmentBytes
    }

    func append(_ batch: EncodedBatch, patch: (inout BatchHeader) -> Void) throws(StorageError) {
        try reserve(position + batch.byteCount)
        let header = batch.finish(patch)
        try file.write([batch.bytes(batch.byteCount)], at: position)
        index.note(header, at: position)
        position += batch.byteCount
    }

    func sync() throws(StorageError) { try file.sync() }

    /// Ends the segment at `end`, up to which it was synced: cuts what is behind and writes the seal.
    func seal(nextOffset: UInt64, end: Int, openTransaction: UInt64?) throws(StorageError) {
        try file.truncate(to: end)
        let seal = Seal(nextOffset: nextOffset, end: UInt64(end), openTransaction: openTransaction)
        try seal.encoded(generation: generation).withRawBytes { bytes throws(StorageError) in
            try file.write([bytes], at: Seal.position)
        }
        try file.sync()
    }

    // A device too full for the next step may still have room for the batch, so that is the write's to say.
    private func reserve(_ end: Int) throws(StorageError) {
        while canReserve, reserved < end, reserved < segmentBytes {
            let target = min(max(segmentBytes, end), max(end, reserved + nextStep))
            do {
                canReserve = try file.allocate(byteCount: target)
            } catch {
                guard error.reason == .noSpace else { throw error }
                canReserve = false
            }
            reserved = target
            nextStep *= 2
        }
    }
}
