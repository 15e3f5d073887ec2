package import PenstockEvents

/// As what a batch of another process asks for its place in a partition.
package enum PortableClaim: Sendable {
    /// As a plain batch.
    case plain
    /// As a plain batch that begins at this offset.
    case at(UInt64)
    /// As the next of a producer's.
    case producer(ProducerStamp)

    var claim: Claim {
        switch self {
        case .plain: .plain
        case .at(let offset): .at(offset)
        case .producer(let stamp): .producer(stamp)
        }
    }
}

/// A writer that takes batches which another process has made.
package protocol PortableWriter: TopicWriter {
    /// How new batches are to be compressed by whoever makes them.
    var codec: BatchCodec { get }

    /// Verifies a batch whose body is behind the room for the header in `slab`, which has the bytes of `PortableBatch.slabByteCount`.
    /// - Throws: `LogError` with code `invalidBatch` or `schemaMismatch`.
    func admitted(header: [UInt8], body byteCount: Int, in slab: Payload.Storage) throws(LogError) -> AdmittedBatch

    /// Hands a batch over at once; nil where there is no room.
    /// - Throws: as `submit` of a batch.
    func submitNow(_ batch: AdmittedBatch, as claim: PortableClaim) throws(LogError) -> PendingAppend?

    /// Hands a batch over, suspending while there is no room.
    /// - Throws: as `submit` of a batch.
    func submit(_ batch: AdmittedBatch, as claim: PortableClaim) async throws(LogError) -> PendingAppend
}

/// A transaction that takes batches which another process has made.
package protocol PortableTransaction: Transaction {
    /// Hands a batch over for one of the partitions.
    /// - Throws: as `submit` of a batch.
    func submit(_ batch: AdmittedBatch, to partition: TopicPartition) async throws(LogError) -> PendingAppend
}

/// A batch of another process that a writer has verified.
package struct AdmittedBatch: Sendable {
    let batch: EncodedBatch
}

extension PartitionWriter: PortableWriter {
    package var codec: BatchCodec { topic.configuration.codec }

    package func admitted(
        header: [UInt8], body byteCount: Int, in slab: Payload.Storage
    ) throws(LogError) -> AdmittedBatch {
        let batch = try header.withRawBytes { bytes throws(LogError) in
            try EncodedBatch(
                header: bytes, body: byteCount, slab: slab, of: topic.schema, limits: limits, partition: partition)
        }
        if !batch.header.flags.contains(.control) { try check(schemaID: batch.header.schemaID) }
        return AdmittedBatch(batch: batch)
    }

    package func submitNow(_ batch: AdmittedBatch, as claim: PortableClaim) throws(LogError) -> PendingAppend? {
        guard let answer = queue.submitIfRoom(batch.batch, as: claim.claim) else { return nil }
        return try taken(answer).pending
    }

    package func submit(_ batch: AdmittedBatch, as claim: PortableClaim) async throws(LogError) -> PendingAppend {
        try await submit(batch.batch, as: claim.claim)
    }
}

extension LogError {
    static func ownRecord(in partition: TopicPartition) -> LogError {
        LogError(
            .invalidBatch, "records of producers and transactions in \(partition) are the log's own",
            hint: "use producer(named:) or a transaction", place: .init(partition: partition))
    }
}
