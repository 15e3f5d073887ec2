/// The segment that a partition's writer appends to.
///
/// What was added is written at once by `flush`: much of it past the page cache, in whole blocks and several at a time, where the
/// storage can do that; else, and where it is little, through the page cache. Space is reserved ahead in steps that double from
/// 4 MiB. Writes past the page cache that make a file longer wait for each other, so for them the file's size goes ahead too, and
/// it ends in zeros until it is sealed. Confined to the writer's actor.
final class SegmentWriter {
    /// From so many bytes on a group goes past the page cache: below, the zeros up to the next block would cost more than they save.
    static let smallestDirectBytes = 64 << 10
    /// The most that is reserved at once, and so the most zeros that a crash leaves behind.
    static let largestStep = 64 << 20

    let name: SegmentName
    let generation: UInt64
    let path: String
    /// The position behind the last batch that was written.
    private(set) var end = Superblock.byteCount
    /// Of what was written; complete when the segment is sealed.
    private(set) var index: SegmentIndex

    private let file: any StorageFile
    private let takesBlocks: Bool
    private let segmentBytes: Int
    /// Added and not written: their bytes, and where they would end without zeros between them.
    private var added: [(batch: EncodedBatch, header: BatchHeader)] = []
    private var addedBytes = 0
    /// Where the next write through the page cache begins.
    private var position = Superblock.byteCount
    private var reserved = 0
    private var fileBytes = 0
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
            takesBlocks = file.takesBlocks
        } catch {
            try? storage.remove(unfinished)
            throw error
        }
    }

    /// Whether a batch of `byteCount` bytes belongs into the next segment.
    func isFull(for byteCount: Int) -> Bool {
        let planned = position + addedBytes
        return planned > Superblock.byteCount && planned + byteCount > segmentBytes
    }

    /// Adds a finished batch and its header to what the next `flush` writes.
    func add(_ batch: EncodedBatch, _ header: BatchHeader) {
        added.append((batch, header))
        addedBytes += batch.byteCount
    }

    /// Writes what was added. Where it throws, any of it may be in the file, in part.
    func flush() throws(StorageError) {
        guard !added.isEmpty else { return }
        defer {
            added.removeAll(keepingCapacity: true)
            addedBytes = 0
        }
        if takesBlocks, addedBytes >= Self.smallestDirectBytes {
            try writeBlocks()
        } else {
            try writeThroughCache()
        }
    }

    private func writeThroughCache() throws(StorageError) {
        try reserve(position + addedBytes)
        try file.write(added.map { $0.batch.bytes($0.batch.byteCount) }, at: position)
        for (batch, header) in added {
            index.note(header, at: position)
            position += batch.byteCount
        }
        end = position
    }

    private func writeBlocks() throws(StorageError) {
        var run = BlockRun(from: position.rounded(upTo: FileBlock.alignment))
        let starts = added.map { run.add($0.batch) }
        try reserve(run.blockEnd)
        if canReserve, fileBytes < reserved {
            try file.truncate(to: reserved)
            fileBytes = reserved
        }
        try run.finish { blocks throws(StorageError) in try file.write(blocks: blocks) }
        for (added, start) in zip(added, starts) { index.note(added.header, at: start) }
        end = run.end
        // In the block with the end, a write through the page cache would have to read it first.
        position = run.position
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
            nextStep = min(2 * nextStep, Self.largestStep)
        }
    }
}
