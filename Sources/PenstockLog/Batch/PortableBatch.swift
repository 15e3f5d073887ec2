package import PenstockEvents

/// A batch on its way from one process to another: a header of 128 bytes, and the stored body, or the prefix of it that readers of
/// attributes alone need.
///
/// The header's generation is 0 on the way: nobody but the owner of a file knows the file's. Ownership of the memory: as of any
/// batch's slab, whoever makes the batch writes it, once, before anybody else sees it.
package struct PortableBatch: Sendable {
    /// The bytes of a header.
    package static let headerByteCount = BatchHeader.byteCount

    /// The bytes that memory for a batch with a stored body of `bodyByteCount` must have: the header in front, zeros behind.
    package static func slabByteCount(_ bodyByteCount: Int) -> Int { EncodedBatch.slabByteCount(bodyByteCount) }

    let header: BatchHeader
    /// Where the stored body, or the prefix, is.
    package let slab: Payload.Storage
    /// Which bytes of the slab.
    package let body: Range<Int>

    /// The number of records.
    package var count: Int { Int(header.count) }
    /// The offset behind the last record.
    package var nextOffset: UInt64 { header.nextOffset }
    /// The header's bytes.
    package var headerBytes: [UInt8] {
        var portable = header
        portable.generation = 0
        return portable.encoded()
    }

    /// What the writer of this process, or a file, has: all of it, or what a reader of `parts` needs.
    init(_ batch: SegmentCursor.Batch, _ parts: RecordParts) {
        header = batch.header
        slab = batch.slab
        body = parts == .everything ? batch.body : batch.body.prefix(Int(batch.header.prefixStoredBytes))
    }

    private init(_ batch: EncodedBatch) {
        header = batch.header
        slab = batch.slab
        body = batch.body
    }

    /// Records for a partition whose owner is another process.
    /// - Parameter memory: gives memory of so many bytes, aligned to 64.
    /// - Throws: `LogError` with code `invalidBatch` where the batch is empty or breaks a limit.
    package init(
        _ builder: consuming RecordBatchBuilder, codec: BatchCodec, limits: LogLimits, partition: TopicPartition,
        memory: (Int) -> Payload.Storage
    ) throws(LogError) {
        self.init(
            try EncodedBatch(builder, codec: codec, limits: limits, partition: partition, memory: memory))
    }

    /// A control record for a partition whose owner is another process.
    /// - Throws: `LogError` with code `invalidBatch` for a record of the log's own.
    package init(control record: ControlRecord, for partition: TopicPartition) throws(LogError) {
        guard !record.belongsToLog else { throw .ownRecord(in: partition) }
        self.init(EncodedBatch(control: record))
    }

    /// What a reader's request brought: the header at `start` of `slab`, and behind it what `parts` needs.
    /// - Throws: `LogError` with code `damaged` where it is no intact batch.
    package init(
        received slab: Payload.Storage, at start: Int, parts: RecordParts, of partition: TopicPartition
    ) throws(LogError) {
        do throws(BatchDefect) {
            let bytes = UnsafeRawBufferPointer(slab.bytes)
            guard start + BatchHeader.byteCount <= bytes.count else {
                throw BatchDefect.truncated(needed: BatchHeader.byteCount, available: max(0, bytes.count - start))
            }
            header = try BatchHeader(UnsafeRawBufferPointer(rebasing: bytes[start...]), generation: 0)
            let count = Int(parts == .everything ? header.storedBytes : header.prefixStoredBytes)
            let from = start + BatchHeader.byteCount
            guard count <= bytes.count - from else {
                throw BatchDefect.truncated(needed: count, available: bytes.count - from)
            }
            body = from..<from + count
            self.slab = slab
            let crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[body]))
            guard crc == (parts == .everything ? header.bodyCRC : header.prefixCRC) else {
                throw BatchDefect.bodyChecksum
            }
        } catch {
            throw Self.damaged(error, partition)
        }
    }

    /// The records, or the control record, as a reader delivers them; those before `first` are left out.
    /// - Throws: `LogError` with code `damaged`.
    package func entry(from first: UInt64, parts: RecordParts, of partition: TopicPartition) throws(LogError)
        -> LogEntry
    {
        do {
            guard first < nextOffset else { throw BatchDefect.layout("it ends before offset \(first)") }
            if header.flags.contains(.control) {
                let bytes = UnsafeRawBufferPointer(rebasing: slab.bytes[body])
                return .control(try ControlRecord(decoding: bytes), offset: header.baseOffset)
            }
            return .records(
                try RecordBatch(
                    header, slab: slab, at: body.lowerBound, from: max(first, header.baseOffset), parts: parts))
        } catch let defect as BatchDefect {
            throw Self.damaged(defect, partition)
        } catch {
            throw Self.damaged(.layout("\(error)"), partition)
        }
    }

    private static func damaged(_ defect: BatchDefect, _ partition: TopicPartition) -> LogError {
        LogError(
            .damaged, "a batch of \(partition) arrived damaged: \(defect)", hint: "read it again",
            place: .init(partition: partition))
    }
}

extension EncodedBatch {
    /// A batch of records of `schema` that another process has made. Its body, whose checksum is verified here, is in `slab`, which has the bytes of
    /// `slabByteCount` for it.
    /// - Throws: `LogError` with code `invalidBatch` where the header or the body is not what a producer may send, or breaks a limit.
    init(
        header bytes: UnsafeRawBufferPointer, body byteCount: Int, slab: Payload.Storage, of schema: Schema,
        limits: LogLimits, partition: TopicPartition
    ) throws(LogError) {
        do throws(BatchDefect) {
            guard bytes.count == BatchHeader.byteCount else {
                throw .truncated(needed: BatchHeader.byteCount, available: bytes.count)
            }
            let sent = try BatchHeader(bytes, generation: 0)
            try Self.check(sent, bodyByteCount: byteCount, limits)
            let start = BatchHeader.byteCount
            let body = UnsafeRawBufferPointer(rebasing: slab.bytes[start..<start + byteCount])
            let prefix = UnsafeRawBufferPointer(rebasing: body[..<Int(sent.prefixStoredBytes)])
            let prefixCRC = CRC32C.checksum(prefix)
            let payloads = UnsafeRawBufferPointer(rebasing: body[prefix.count...])
            guard prefixCRC == sent.prefixCRC else { throw .bodyChecksum }
            // From here on nobody writes to the body; what is behind it is zeros.
            self.init(sent.asProduced, slab)
            if sent.flags.contains(.control) {
                guard let record = try? ControlRecord(decoding: body), !record.belongsToLog,
                    EncodedBatch(control: record).header == sent.asProduced
                else { throw .layout("it is no control record that a producer may append") }
                return
            }
            // All that readers will look at, whichever parts of it they ask for.
            try Self.check(sent, RecordBatch(sent.asProduced, slab: slab, at: start, from: 0), schema)
            let blocks = try PayloadBlocks(sent.asProduced, prefix: slab, at: start)
            let payloadCRC = blocks.haveChecksums ? try blocks.verified(payloads) : CRC32C.checksum(payloads)
            guard CRC32C.joined(prefixCRC, payloadCRC, count: payloads.count) == sent.bodyCRC else {
                throw .bodyChecksum
            }
        } catch {
            throw LogError(
                .invalidBatch, "a batch for \(partition) was refused: \(error)",
                hint: "its producer does not keep to the format, or it was damaged on its way: append it again",
                place: .init(partition: partition))
        }
    }

    private static func check(
        _ header: BatchHeader, bodyByteCount: Int, _ limits: LogLimits
    ) throws(BatchDefect) {
        guard header.count > 0 else { throw .layout("it has no records") }
        guard header.flags.isSubset(of: .control) else { throw .layout("it has flags that only the log sets") }
        guard !header.flags.contains(.control) || header.count == 1 else { throw .layout("it has several records") }
        guard Int(header.storedBytes) == bodyByteCount else {
            throw .truncated(needed: Int(header.storedBytes), available: bodyByteCount)
        }
        guard header.prefixStoredBytes <= header.prefixRawBytes,
            header.payloadStoredBytes <= header.payloadRawBytes
        else { throw .layout("it is larger than what is in it") }
        guard header.codec != .raw || header.prefixStoredBytes == header.prefixRawBytes else {
            throw .layout("its sections do not add up")
        }
        guard Int(header.rawBytes) <= limits.batchBytes else {
            throw .tooLarge(Int(header.rawBytes), limit: limits.batchBytes)
        }
    }

    // What a reader goes by without opening the body.
    private static func check(
        _ header: BatchHeader, _ records: RecordBatch, _ schema: Schema
    ) throws(BatchDefect) {
        let isTrue = records.withTimes { times in
            times.min() == header.minTime.nanoseconds && times.max() == header.maxTime.nanoseconds
        }
        guard isTrue else { throw .layout("its header has other times than its records") }
        guard header.schemaID == schema.id, let expected = schema.fixedByteCount else { return }
        guard records.fixedAttributeBytes == expected else {
            throw .layout("the attributes of its records do not have the \(expected) bytes of the schema \(schema)")
        }
    }
}

extension BatchHeader {
    /// What is the producer's of a header; the owner's fields are 0.
    fileprivate var asProduced: BatchHeader {
        var header = self
        header.baseOffset = 0
        header.generation = 0
        header.appendTime = Timestamp(nanoseconds: 0)
        header.epoch = 0
        header.producer = 0
        header.producerEpoch = 0
        header.baseSequence = 0
        header.committedOffset = 0
        return header
    }
}
