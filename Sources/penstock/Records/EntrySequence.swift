internal import PenstockLog

/// What a reader delivers, with damage passed over where that is wanted.
struct EntrySequence: Sendable {
    private let reader: any TopicReader
    private let damages: DamageReport

    init(_ reader: any TopicReader, _ damages: DamageReport) {
        self.reader = reader
        self.damages = damages
    }

    /// The next entry; nil at the end of what is committed.
    func next() async throws -> LogEntry? { try await pastDamage { try await reader.next() } }

    /// The next entry, waited for where there is none yet.
    func following() async throws -> LogEntry { try await pastDamage { try await reader.following() } }

    func close() async { await reader.close() }

    private func pastDamage<Entry>(_ read: () async throws -> Entry) async throws -> Entry {
        while true {
            do {
                return try await read()
            } catch let error as LogError where error.code == .damaged {
                try damages.meet(error)
                guard try await reader.skipDamage() != nil else { throw error }
            }
        }
    }
}
