internal import PenstockEvents

/// Writes one compacted segment, under a hidden name until it is complete.
final class CompactedSegmentWriter {
    let superblock: Superblock
    private(set) var position = Superblock.byteCount

    private let partition: TopicPartition
    private let directory: String
    private let storage: any Storage
    private let unfinished: String
    private let file: any StorageFile

    init(
        _ superblock: Superblock, of partition: TopicPartition, in directory: String, storage: any Storage
    ) throws(StorageError) {
        self.superblock = superblock
        self.partition = partition
        self.directory = directory
        self.storage = storage
        let name = SegmentName(baseOffset: superblock.baseOffset, epoch: superblock.epoch).fileName
        unfinished = "\(directory)/\(name.dropLast(SegmentName.suffix.count))-compacting\(SegmentName.unfinishedSuffix)"
        if try storage.kind(of: unfinished) != nil { try storage.remove(unfinished) }
        file = try storage.open(unfinished, .createNew)
        do {
            try superblock.encoded().withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
        } catch {
            abandon()
            throw error
        }
    }

    /// Appends a stored batch as it is.
    func append(_ batch: SegmentCursor.Batch) throws(StorageError) {
        let body = UnsafeRawBufferPointer(rebasing: batch.slab.bytes[batch.body])
        let padding = [UInt8](repeating: 0, count: batch.header.paddedByteCount - BatchHeader.byteCount - body.count)
        var header = batch.header
        own(&header)
        try header.encoded().withRawBytes { head throws(StorageError) in
            try padding.withRawBytes { padding throws(StorageError) in
                try file.write([head, body, padding], at: position)
            }
        }
        position += batch.header.paddedByteCount
    }

    /// Appends records `range` of a stored batch; what is not of the records themselves stays as it was.
    func append(_ records: EncodedBatch, from original: BatchHeader, first: Int) throws(StorageError) {
        records.finish { header in
            header.baseOffset = original.baseOffset + UInt64(first)
            header.baseSequence = original.producer == 0 ? 0 : original.baseSequence + UInt64(first)
            header.producer = original.producer
            header.producerEpoch = original.producerEpoch
            header.appendTime = original.appendTime
            header.committedOffset = original.committedOffset
            own(&header)
        }
        try file.write([records.bytes(records.byteCount)], at: position)
        position += records.byteCount
    }

    /// Seals the segment, gives it its name and removes what it stands for. A crash leaves either the old segments or the new one in
    /// force, and for the rest there is the next owner.
    func finish(
        nextOffset: UInt64, openTransaction: UInt64?, replacing old: [SegmentName]
    ) throws(StorageError) {
        try file.truncate(to: position)
        try file.sync()
        let seal = Seal(nextOffset: nextOffset, end: UInt64(position), openTransaction: openTransaction)
        try seal.encoded(generation: superblock.generation).withRawBytes { bytes throws(StorageError) in
            try file.write([bytes], at: Seal.position)
        }
        try file.sync()
        let name = SegmentName(baseOffset: superblock.baseOffset, epoch: superblock.epoch, nextOffset: nextOffset)
        try storage.rename(unfinished, to: directory + "/" + name.fileName)
        try storage.syncDirectory(directory)
        for other in old where other != name { try other.remove(from: directory, storage: storage) }
        try storage.syncDirectory(directory)
    }

    /// Removes the unfinished file after a failure, whose cause may be that the device is full.
    func abandon() { try? storage.remove(unfinished) }

    private func own(_ header: inout BatchHeader) {
        header.generation = superblock.generation
        header.epoch = superblock.epoch
    }
}
