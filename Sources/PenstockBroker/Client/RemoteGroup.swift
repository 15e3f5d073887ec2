internal import PenstockEvents
internal import PenstockLog

/// The owner of a consumer group of a broker's log. It belongs to one connection, and fails with it.
final class RemoteGroup: ConsumerGroup {
    let name: String
    private let number: UInt32
    private let connection: ClientConnection
    private let committed: Guarded<[TopicPartition: UInt64]>
    private let isClosed = Guarded(false)

    init(_ name: String, _ log: RemoteLog) async throws(LogError) {
        self.name = name
        number = log.nextNumber()
        connection = try await log.connection()
        let positions: GroupPositions = try await connection.call(.openGroup(number, name))
        committed = Guarded(positions.offsets)
    }

    deinit {
        if !isClosed.withLock({ $0 }) { connection.send(.closeGroup(number), deadline: nil) { _ in } }
    }

    var positions: GroupPositions { GroupPositions(group: name, offsets: committed.withLock { $0 }) }

    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        let change = GroupPositions(group: name, offsets: positions)
        try await connection.perform(
            .commit(group: number, change.partitions, change.partitions.map { positions[$0] ?? 0 }))
        committed.withLock { $0.merge(positions) { _, new in new } }
    }

    func close() async throws(LogError) {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst, connection.isOpen else { return }
        try await connection.perform(.closeGroup(number))
    }
}
