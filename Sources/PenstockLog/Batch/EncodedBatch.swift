internal import PenstockEvents

/// A batch that is complete but for what the partition's owner adds to the header.
///
/// It lies in one slab as it will lie in the file: room for the header, the body, zeros up to the next block of the file. Ownership:
/// whoever makes the batch writes the body, once, before anyone else sees it; the partition's owner writes the header, once, by
/// `finish`; from then on nobody writes. That is what makes sharing the slab with readers sound.
struct EncodedBatch: Sendable {
    /// As the producer knows it; the owner's fields are 0.
    private(set) var header: BatchHeader
    let slab: Payload.Storage

    /// Bytes of the file from the batch's beginning to where the next one may begin.
    var byteCount: Int { header.paddedByteCount }

    /// Bytes of the file where the batch is to end with a block. There are zeros in the slab behind the batch; of a small batch only up
    /// to where the next one may begin.
    var blockByteCount: Int { (BatchHeader.byteCount + Int(header.storedBytes)).rounded(upTo: FileBlock.alignment) }

    /// The number of records.
    var count: Int { Int(header.count) }

    /// The stored body in the slab.
    var body: Range<Int> { BatchHeader.byteCount..<BatchHeader.byteCount + Int(header.storedBytes) }

    /// - Throws: `LogError` with code `invalidBatch` where the batch is empty or breaks a limit.
    /// - Parameter memory: gives memory of so many bytes, aligned to 64.
    init(
        _ builder: consuming RecordBatchBuilder, codec: BatchCodec = .raw, limits: LogLimits, partition: TopicPartition,
        memory: (Int) -> Payload.Storage = { Payload.Storage(byteCount: $0) }
    ) throws(LogError) {
        builder.flushPending()
        guard builder.count > 0 else {
            throw LogError(.invalidBatch, "a batch without records cannot be appended to \(partition)")
        }
        guard builder.largestRecordBytes <= limits.recordBytes else {
            throw LogError(
                .invalidBatch,
                "a record of \(builder.largestRecordBytes) bytes is too large for \(partition): the limit is \(limits.recordBytes)",
                hint: "split it, or open the log with a larger recordBytes limit")
        }
        let encoder = BodyEncoder(builder)
        let bytes = encoder.byteCount
        guard bytes <= limits.batchBytes else {
            throw LogError(
                .invalidBatch,
                "a batch of \(bytes) bytes is too large for \(partition): the limit is \(limits.batchBytes)",
                hint: "append smaller batches, or open the log with a larger batchBytes limit")
        }
        var header = encoder.header
        var slab = memory(Self.slabByteCount(bytes))
        encoder.fill(Self.bodyBytes(of: slab, bytes), &header)
        if codec == .lz4, let smaller = Self.compressed(slab, &header, memory) { slab = smaller }
        self.init(header, slab)
    }

    /// A batch that is one control record.
    init(control record: ControlRecord) {
        let bytes = record.encoded()
        let slab = Payload.Storage(byteCount: Self.slabByteCount(bytes.count))
        Self.bodyBytes(of: slab, bytes.count).copyBytes(from: bytes)
        var header = BatchHeader()
        header.count = 1
        header.flags = record.flags
        header.rawBytes = UInt32(bytes.count)
        header.storedBytes = header.rawBytes
        header.prefixRawBytes = header.rawBytes
        header.prefixStoredBytes = header.rawBytes
        header.bodyCRC = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        header.prefixCRC = header.bodyCRC
        self.init(header, slab)
    }

    /// A batch whose body is in `slab`, which has `slabByteCount` bytes.
    init(_ header: BatchHeader, _ slab: Payload.Storage) {
        self.header = header
        self.slab = slab
        let end = BatchHeader.byteCount + Int(header.storedBytes)
        UnsafeMutableRawBufferPointer(rebasing: slab.bytes[end...]).initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// The same batch with another header over it.
    func changed(_ change: (inout BatchHeader) -> Void) -> EncodedBatch {
        var batch = self
        change(&batch.header)
        return batch
    }

    /// Writes the header with the owner's fields into the slab, and returns it.
    @discardableResult
    func finish(_ patch: (inout BatchHeader) -> Void) -> BatchHeader {
        var header = header
        patch(&header)
        header.encode(into: UnsafeMutableRawBufferPointer(rebasing: slab.bytes[..<BatchHeader.byteCount]))
        return header
    }

    /// The first `count` bytes of the slab, from the header on.
    func bytes(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: slab.bytes[..<count]) }

    /// The bytes of the slab of a batch with a body of `bodyBytes`.
    static func slabByteCount(_ bodyBytes: Int) -> Int {
        let bytes = BatchHeader.byteCount + bodyBytes
        // A small batch is copied before it is written in whole blocks, and needs no room for them.
        let isSmall = bytes < BlockRun.smallestStraightBytes
        return bytes.rounded(upTo: isSmall ? Superblock.alignment : FileBlock.alignment)
    }

    private static func bodyBytes(of slab: Payload.Storage, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: slab.bytes[BatchHeader.byteCount..<BatchHeader.byteCount + count])
    }

    // Each section on its own, so that attributes can be read without the payloads; nil where neither gets smaller.
    private static func compressed(
        _ raw: Payload.Storage, _ header: inout BatchHeader, _ memory: (Int) -> Payload.Storage
    ) -> Payload.Storage? {
        let body = UnsafeRawBufferPointer(bodyBytes(of: raw, Int(header.rawBytes)))
        let result = memory(slabByteCount(body.count))
        let target = bodyBytes(of: result, body.count)
        func section(_ range: Range<Int>, at start: Int) -> Int {
            let source = UnsafeRawBufferPointer(rebasing: body[range])
            let room = UnsafeMutableRawBufferPointer(rebasing: target[start..<start + range.count])
            if let size = LZ4Block.compress(source, into: room) { return size }
            room.copyMemory(from: source)
            return range.count
        }
        let prefix = section(0..<Int(header.prefixRawBytes), at: 0)
        let payloads = section(Int(header.prefixRawBytes)..<body.count, at: prefix)
        guard prefix + payloads < body.count else { return nil }
        header.codec = .lz4
        header.prefixStoredBytes = UInt32(prefix)
        header.storedBytes = UInt32(prefix + payloads)
        header.prefixCRC = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: target[..<prefix]))
        header.bodyCRC = CRC32C.checksum(
            UnsafeRawBufferPointer(rebasing: target[prefix..<prefix + payloads]), seed: header.prefixCRC)
        return result
    }
}
