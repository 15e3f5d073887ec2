internal import PenstockEvents
internal import PenstockLog

/// A transaction of a broker's log over partitions that one client writes to.
final class RemoteTransaction: Transaction {
    let id: TransactionID
    private let number: UInt32
    private let writers: [RemoteWriter]
    private let connection: ClientConnection
    private let hasEnded = Guarded(false)

    /// Begins a transaction over writers of one connection to a broker.
    /// - Throws: `LogError` with code `invalidTransaction` where they are not, or as of a log's transaction.
    static func begin(over writers: [any TopicWriter]) async throws(LogError) -> RemoteTransaction {
        let remote = writers.compactMap { $0 as? RemoteWriter }
        guard let first = remote.first, remote.count == writers.count,
            remote.allSatisfy({ $0.connection === first.connection })
        else {
            throw LogError(
                .invalidTransaction, "a transaction is over writers of one log, and of one connection to its broker",
                hint: "open all writers again; of several brokers, one must have all the partitions")
        }
        return try await RemoteTransaction(remote, first.connection)
    }

    private init(_ writers: [RemoteWriter], _ connection: ClientConnection) async throws(LogError) {
        self.writers = writers
        self.connection = connection
        number = connection.nextTransaction()
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
