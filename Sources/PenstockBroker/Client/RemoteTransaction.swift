internal import PenstockEvents
internal import PenstockLog

/// A transaction of a broker's log over partitions that one client writes to.
final class RemoteTransaction: Transaction {
    let id: TransactionID
    private let number: UInt32
    private let writers: [RemoteWriter]
    private let connection: ClientConnection
    private let hasEnded = Guarded(false)

    init(_ writers: [RemoteWriter], number: UInt32) async throws(LogError) {
        self.writers = writers
        self.number = number
        connection = writers[0].connection
        id = try await connection.call(.beginTransaction(number, writers: writers.map(\.number)))
    }

    deinit {
        if !hasEnded.withLock({ $0 }) { connection.send(.abortTransaction(number), deadline: nil) { _ in } }
    }

    func submit(
        _ batch: consuming RecordBatchBuilder, to partition: TopicPartition
    ) async throws(LogError) -> PendingAppend {
        let writer = try writer(of: partition)
        return try await writer.submit(writer.prepared(batch), as: .plain, transaction: number)
    }

    func submit(control record: ControlRecord, to partition: TopicPartition) async throws(LogError) -> PendingAppend {
        let writer = try writer(of: partition)
        return try await writer.submit(writer.prepared(record), as: .plain, transaction: number)
    }

    func commit() async throws(LogError) {
        try await connection.perform(.commitTransaction(number))
        hasEnded.withLock { $0 = true }
    }

    func abort() async throws(LogError) {
        if hasEnded.withLock({ $0 }) { return }
        try await connection.perform(.abortTransaction(number))
        hasEnded.withLock { $0 = true }
    }

    func leave() {
        let isFirst = hasEnded.withLock { hasEnded in
            defer { hasEnded = true }
            return !hasEnded
        }
        if isFirst { connection.send(.leaveTransaction(number), deadline: nil) { _ in } }
    }

    private func writer(of partition: TopicPartition) throws(LogError) -> RemoteWriter {
        guard let writer = writers.first(where: { $0.partition == partition }) else {
            throw LogError(
                .invalidTransaction, "\(partition) does not belong to transaction \(id)",
                hint: "begin it over all writers that it needs", place: .init(partition: partition))
        }
        return writer
    }
}
