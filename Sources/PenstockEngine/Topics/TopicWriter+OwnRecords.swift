internal import PenstockEvents
internal import PenstockLog

extension TopicWriter {
    /// Appends records of the engine's own, in one batch. They have no time.
    @discardableResult
    func append<Record: Event>(own records: [Record]) async throws(LogError) -> Acknowledgement {
        var batch = RecordBatchBuilder(schemaID: Record.schema.id)
        for record in records { batch.append(record, time: Timestamp(nanoseconds: 0)) }
        return try await append(batch)
    }
}
