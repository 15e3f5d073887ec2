internal import PenstockEvents
internal import PenstockLog

/// The writers of a broker's partitions: each partition has one, which a client has to itself or shares with others.
actor PartitionWriters {
    private struct Entry {
        let opening: Task<any PortableWriter, any Error>
        var users = 1
        let isShared: Bool
        /// Once nobody is to get it any more.
        var closing: Task<Void, any Error>?
    }

    private let log: any LogStore
    private var entries: [TopicPartition: Entry] = [:]

    init(_ log: any LogStore) { self.log = log }

    /// The writer of a partition. Whoever gets it gives it back.
    /// - Throws: As `LogStore.writer(for:committing:)`; `LogError` with code `partitionOwned` where others have it.
    func open(_ partition: TopicPartition, _ sharing: WriterSharing) async throws(LogError) -> any PortableWriter {
        let committing: TransactionID?
        let shares: Bool
        switch sharing {
        case .shared: (shares, committing) = (true, nil)
        case .exclusive(let id): (shares, committing) = (false, id)
        }
        while let entry = entries[partition] {
            if let closing = entry.closing ?? (entry.users == 0 && !shares ? close(partition) : nil) {
                _ = try? await closing.value
                if entries[partition]?.closing == closing { entries[partition] = nil }
                continue
            }
            guard shares, entry.isShared else {
                throw LogError(
                    .partitionOwned, "\(partition) has another writer, a client of this broker",
                    hint: "wait until it has ended, or write as a producer that shares the partition",
                    place: .init(partition: partition))
            }
            entries[partition]?.users += 1
            return try await opened(entry.opening, partition)
        }
        let opening = Task { [log] in
            let writer = try await log.writer(for: partition, committing: committing)
            guard let portable = writer as? any PortableWriter else {
                preconditionFailure("a broker serves a log that takes batches of other processes")
            }
            return portable
        }
        entries[partition] = Entry(opening: opening, isShared: shares)
        return try await opened(opening, partition)
    }

    /// Gives a writer back. One that was not shared is closed.
    func giveBack(_ partition: TopicPartition) async throws(LogError) {
        guard let entry = entries[partition], entry.users > 0 else { return }
        entries[partition]?.users -= 1
        guard entry.users == 1, !entry.isShared, let closing = close(partition) else { return }
        defer { if entries[partition]?.closing == closing { entries[partition] = nil } }
        do { try await closing.value } catch { throw Self.told(error) }
    }

    /// Closes the writers of a topic that nobody has any more.
    func closeIdle(of topic: String) async {
        // Looked at one by one: while one closes, another may find a user.
        for partition in entries.keys where partition.topic == topic && entries[partition]?.users == 0 {
            let closing = close(partition)
            _ = try? await closing?.value
            if entries[partition]?.closing == closing { entries[partition] = nil }
        }
    }

    /// Closes all writers.
    func closeAll() async {
        for partition in entries.keys { _ = try? await close(partition)?.value }
        entries = [:]
    }

    private func close(_ partition: TopicPartition) -> Task<Void, any Error>? {
        guard let entry = entries[partition] else { return nil }
        let closing = entry.closing ?? Task { try await entry.opening.value.close() }
        entries[partition]?.closing = closing
        return closing
    }

    private func opened(
        _ opening: Task<any PortableWriter, any Error>, _ partition: TopicPartition
    ) async throws(LogError) -> any PortableWriter {
        do { return try await opening.value } catch {
            if entries[partition]?.opening == opening { entries[partition] = nil }
            throw Self.told(error)
        }
    }

    private static func told(_ error: any Error) -> LogError {
        guard let error = error as? LogError else { preconditionFailure("a log throws errors of logs") }
        return error
    }
}
