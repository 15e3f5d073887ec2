internal import PenstockLog

/// What a reader delivers up to the end of what is committed, with damage passed over.
struct EntrySequence {
    private let reader: any TopicReader
    private let met: (LogError) throws -> Void

    /// - Parameter met: called with each damage before reading goes on behind it; throws to stop there.
    init(_ reader: any TopicReader, met: @escaping (LogError) throws -> Void) {
        self.reader = reader
        self.met = met
    }

    func next() async throws -> LogEntry? {
        while true {
            do {
                return try await reader.next()
            } catch {
                try await goBehind(error)
            }
        }
    }

    func close() async { await reader.close() }

    private func goBehind(_ error: LogError) async throws {
        guard error.code == .damaged else { throw error }
        try met(error)
        guard try await reader.skipDamage() != nil else { throw error }
    }
}
