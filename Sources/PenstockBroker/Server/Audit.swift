internal import PenstockEvents
internal import PenstockLog

/// Writes down in a topic who connects to a broker, who is refused, and what is denied to whom.
///
/// Nobody waits for it. Where more comes at once than the limit of what waits, as of somebody who tries again and again, the rest is
/// counted, and the number is written down.
final class Audit: Sendable {
    /// The topic, which clients that administer the log may read, and none may write. Of several brokers each has one of its own.
    private static let topic = "penstock.audit"
    private static let memberPrefix = topic + "."
    private static let waitingLimit = 4096
    private static let keptBytes = 256 << 20

    private struct State {
        var waiting: [(entry: AuditEntry, time: Timestamp)] = []
        var dropped: UInt64 = 0
        var writing: Task<Void, Never>?
        /// Nil where it is opened when it is needed.
        var writer: (any TopicWriter)?
        var isClosed = false
    }

    private let log: any LogStore
    private let partition: TopicPartition
    private let clock: any WallClock
    private let state = Guarded(State())

    /// Whether a topic is one.
    static func isOne(_ topic: String) -> Bool { topic == Self.topic || member(of: topic) != nil }

    /// Which of several brokers writes to a topic; nil where it is none of theirs.
    static func member(of topic: String) -> String? {
        topic.hasPrefix(memberPrefix) ? String(topic.dropFirst(memberPrefix.count)) : nil
    }

    /// Opens the topic, which is made where it is not there.
    /// - Parameter member: Which of several brokers it is, who may have to wait for the topic; nil for the only one.
    init(_ log: any LogStore, of member: String?, _ clock: any WallClock) async throws(LogError) {
        partition = TopicPartition(member.map { Self.memberPrefix + $0 } ?? Self.topic)
        _ = try await log.openTopic(
            partition.topic, schema: AuditEntry.schema,
            creatingWith: TopicConfiguration(retention: Retention(bytes: Self.keptBytes)))
        self.log = log
        self.clock = clock
        if member == nil {
            let writer = try await log.writer(for: partition)
            state.withLock { $0.writer = writer }
        }
    }

    /// Writes something down, soon.
    func note(_ kind: AuditEntry.Kind, client: String, peer: String, _ detail: String = "") {
        let entry = AuditEntry(kind: kind, client: client, peer: peer, detail: detail)
        let now = clock.now()
        state.withLock { state in
            guard !state.isClosed else { return }
            guard state.waiting.count < Self.waitingLimit else {
                state.dropped += 1
                return
            }
            state.waiting.append((entry, now))
            if state.writing == nil { state.writing = Task { await self.write() } }
        }
    }

    /// Writes down what waits, and gives the topic up.
    func close() async {
        let writing = state.withLock { state in
            state.isClosed = true
            return state.writing
        }
        await writing?.value
        try? await state.withLock { $0.writer }?.close()
    }

    private func write() async {
        while true {
            let (entries, dropped) = state.withLock { state in
                defer { (state.waiting, state.dropped) = ([], 0) }
                if state.waiting.isEmpty, state.dropped == 0 { state.writing = nil }
                return (state.waiting, state.dropped)
            }
            if entries.isEmpty, dropped == 0 { return }
            var batch = RecordBatchBuilder(schemaID: AuditEntry.schema.id)
            for (entry, time) in entries { batch.append(entry, time: time) }
            if dropped > 0 {
                let entry = AuditEntry(kind: .dropped, client: "", peer: "", detail: "\(dropped) entries")
                batch.append(entry, time: clock.now())
            }
            // A disk without room must not keep clients out: what is not written is lost.
            guard await append(batch) else { return lose(entries.count) }
        }
    }

    private func append(_ batch: consuming RecordBatchBuilder) async -> Bool {
        do throws(LogError) {
            let writer: any TopicWriter
            if let open = state.withLock({ $0.writer }) {
                writer = open
            } else {
                writer = try await log.writer(for: partition)
                state.withLock { $0.writer = writer }
            }
            _ = try await writer.append(batch)
            return true
        } catch {
            guard error.code == .moved || error.code == .closed else { return false }
            // The lease was lost: the next entries are written by another writer.
            try? await state.withLock { $0.writer.take() }?.close()
            return false
        }
    }

    // The next entry is the next occasion.
    private func lose(_ count: Int) {
        state.withLock { state in
            state.dropped += UInt64(count)
            state.writing = nil
        }
    }
}

/// What happened at a broker. Its time is the broker's.
struct AuditEntry: Event {
    enum Kind: String, Sendable {
        /// A client has proven who it is.
        case connected
        /// A client was not let in.
        case refused
        /// A client asked for something that it may not do.
        case denied
        /// A client's connection ended.
        case ended
        /// Entries that could not be written down.
        case dropped
    }

    let kind: String
    let client: String
    let peer: String
    let detail: String

    static let schema = Schema(
        "penstock.audit",
        fields: [
            .init("kind", .string), .init("client", .string), .init("peer", .string), .init("detail", .string),
        ])

    init(kind: Kind, client: String, peer: String, detail: String) {
        self.kind = kind.rawValue
        self.client = client
        self.peer = peer
        self.detail = detail
    }

    func write(to record: inout RecordWriter) {
        for text in [kind, client, peer, detail] { record.append(text) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        kind = try record.readString()
        client = try record.readString()
        peer = try record.readString()
        detail = try record.readString()
    }
}
