internal import PenstockLog

/// What a reader delivers up to the end of what is committed, with damage passed over.
struct EntrySequence {
    private let partition: TopicPartition
    private let log: EmbeddedLog
    private let met: (LogError) throws -> Void
    private var reader: any TopicReader

    /// - Parameter met: called with each damage before reading goes on behind it; throws to stop there.
    init(
        _ partition: TopicPartition, _ reader: any TopicReader, in log: EmbeddedLog,
        met: @escaping (LogError) throws -> Void = { _ in }
    ) {
        self.partition = partition
        self.reader = reader
        self.log = log
        self.met = met
    }

    mutating func next() async throws -> LogEntry? {
        while true {
            do {
                return try await reader.next()
            } catch {
                try await goBehind(error)
            }
        }
    }

    private mutating func goBehind(_ error: LogError) async throws {
        guard error.code == .damaged, let end = error.place.offsets?.upperBound else { throw error }
        try met(error)
        await reader.close()
        reader = try await log.reader(for: partition, from: .offset(end))
    }

    func close() async { await reader.close() }
}
