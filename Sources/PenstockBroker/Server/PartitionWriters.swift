internal import PenstockEvents
internal import PenstockLog

/// The writers of a broker's partitions: each partition has one, which a client has to itself or shares with others.
actor PartitionWriters {
    /// A writer, and what it is given back by.
    struct Opened: Sendable {
        let writer: any PortableWriter
        let partition: TopicPartition
        fileprivate let number: UInt64
    }

    private struct Entry {
        let opening: Task<any PortableWriter, any Error>
        let number: UInt64
        var users = 1
        let isShared: Bool
        /// Once nobody is to get it any more.
        var closing: Task<Void, any Error>?
    }

    private let log: any LogStore
    /// Whether a shared writer that nobody has any more stays open for the next one.
    private let keepsIdle: Bool
    private var entries: [TopicPartition: Entry] = [:]
    private var openings: UInt64 = 0

    init(_ log: any LogStore, keepsIdle: Bool) {
        self.log = log
        self.keepsIdle = keepsIdle
    }

    /// The writer of a partition. Whoever gets it gives it back.
    /// - Throws: As `LogStore.writer(for:committing:)`; `LogError` with code `partitionOwned` where others have it.
    func open(_ partition: TopicPartition, _ sharing: WriterSharing) async throws(LogError) -> Opened {
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
            return try await opened(entry, partition)
        }
        let opening = Task { [log] in
            let writer = try await log.writer(for: partition, committing: committing)
            guard let portable = writer as? any PortableWriter else {
                preconditionFailure("a broker serves a log that takes batches of other processes")
            }
            return portable
        }
        openings += 1
        let entry = Entry(opening: opening, number: openings, isShared: shares)
        entries[partition] = entry
        return try await opened(entry, partition)
    }

    /// Gives a writer back. One that was not shared is closed.
    func giveBack(_ opened: Opened) async throws(LogError) {
        let partition = opened.partition
        guard let entry = entries[partition], entry.number == opened.number, entry.users > 0 else { return }
        entries[partition]?.users -= 1
        guard entry.users == 1, !entry.isShared || !keepsIdle, let closing = close(partition) else { return }
        defer { if entries[partition]?.closing == closing { entries[partition] = nil } }
        do { try await closing.value } catch { throw Self.told(error) }
    }

    /// Closes the writers of a topic that nobody has any more.
    func closeIdle(of topic: String) async {
        // Looked at one by one: while one closes, another may find a user.
        for partition in partitions where partition.topic == topic && entries[partition]?.users == 0 {
            let closing = close(partition)
            _ = try? await closing?.value
            if entries[partition]?.closing == closing { entries[partition] = nil }
        }
    }

    /// Closes the writers of partitions that are not to be this broker's any more, also those that somebody has.
    func close(_ isOut: (TopicPartition) -> Bool) async {
        let closing = partitions.filter(isOut).map { ($0, close($0)) }
        for (partition, closing) in closing {
            _ = try? await closing?.value
            if entries[partition]?.closing == closing { entries[partition] = nil }
        }
    }

    private var partitions: [TopicPartition] { entries.keys.sorted { $0.precedes($1) } }

    /// Closes all writers.
    func closeAll() async { await close { _ in true } }

    private func close(_ partition: TopicPartition) -> Task<Void, any Error>? {
        guard let entry = entries[partition] else { return nil }
        let closing = entry.closing ?? Task { try await entry.opening.value.close() }
        entries[partition]?.closing = closing
        return closing
    }

    private func opened(_ entry: Entry, _ partition: TopicPartition) async throws(LogError) -> Opened {
        do {
            return Opened(writer: try await entry.opening.value, partition: partition, number: entry.number)
        } catch {
            if entries[partition]?.number == entry.number { entries[partition] = nil }
            throw Self.told(error)
        }
    }

    private static func told(_ error: any Error) -> LogError {
        guard let error = error as? LogError else { preconditionFailure("a log throws errors of logs") }
        return error
    }
}
