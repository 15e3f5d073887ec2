extension EmbeddedLog {
    /// Begins a transaction over partitions that the caller writes to; the first one's commit record decides for all.
    /// - Throws: `LogError` with code `transactionOpen` where one of them has a transaction, or `invalidTransaction` where the writers are none,
    ///   name a partition twice, or are not of this log.
    public func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction {
        let own = writers.compactMap { $0 as? PartitionWriter }.filter { isOwn($0) }
        guard own.count == writers.count, !own.isEmpty, Set(own.map(\.partition)).count == own.count else {
            let names = writers.map { "\($0.partition)" }.joined(separator: ", ")
            throw LogError(
                .invalidTransaction, "a transaction cannot be over the writers of [\(names)]",
                hint: "name one or more writers of this log, each partition once")
        }
        return try PartitionTransaction(own, randomNumbers)
    }

    /// Whether a writer is of this log.
    private func isOwn(_ writer: PartitionWriter) -> Bool {
        writer.directory == directory.directory(of: writer.partition)
    }
}
