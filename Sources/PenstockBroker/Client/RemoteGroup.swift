internal import PenstockEvents
internal import PenstockLog

/// The owner of a consumer group of a broker's log.
///
/// Where its connection is lost, or the group goes to another broker, it becomes the owner again there, unless somebody else has committed
/// meanwhile.
actor RemoteGroup: ConsumerGroup {
    /// The group at the broker's side.
    private struct Opening {
        let connection: ClientConnection
        let number: UInt32
    }

    nonisolated let name: String
    private let log: RemoteLog
    private let opening: Guarded<Opening?>
    private var committed: GroupPositions
    /// What a commit without an answer may have made of it.
    private var maybe: GroupPositions?
    private var isClosed = false
    /// The commit before this one.
    private var last: Task<Void, Never>?

    init(_ name: String, _ log: RemoteLog) async throws(LogError) {
        self.name = name
        self.log = log
        let (opened, positions) = try await Self.open(name, log)
        opening = Guarded(opened)
        committed = positions
    }

    deinit {
        if let opening = opening.withLock({ $0 }) {
            opening.connection.send(.closeGroup(opening.number), deadline: nil) { _ in }
        }
    }

    var positions: GroupPositions { committed }

    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        let before = last
        // One after the other: what may have been done by one is known to the next.
        let turn = Task { () -> Result<Void, LogError> in
            await before?.value
            do throws(LogError) { return .success(try await self.commitInTurn(positions)) } catch {
                return .failure(error)
            }
        }
        last = Task { _ = await turn.value }
        try await turn.value.get()
    }

    private func commitInTurn(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        let change = GroupPositions(group: name, offsets: positions)
        let after = GroupPositions(group: name, offsets: committed.offsets.merging(positions) { _, new in new })
        let deadline = log.timer.now() + log.limits.reachTimeout
        while true {
            let opened = try await opened()
            do throws(LogError) {
                try await opened.connection.perform(
                    .commit(group: opened.number, change.partitions, change.partitions.map { positions[$0] ?? 0 }))
                (committed, maybe) = (after, nil)
                return
            } catch {
                let isLost = error.code == .unreachable && !opened.connection.isOpen
                guard isLost || error.code == .moved else { throw error }
                maybe = after
                opening.withLock { $0 = nil }
                guard log.timer.now() < deadline else { throw error }
            }
        }
    }

    func close() async throws(LogError) {
        isClosed = true
        await last?.value
        guard let opened = opening.withLock({ $0.take() }), opened.connection.isOpen else { return }
        try await opened.connection.perform(.closeGroup(opened.number))
    }

    // MARK: The broker's side

    private func opened() async throws(LogError) -> Opening {
        guard !isClosed else { throw LogError(.closed, "the group \(name) is closed") }
        if let known = opening.withLock({ $0 }), known.connection.isOpen { return known }
        let (opened, positions) = try await Self.open(name, log)
        guard positions == committed || positions == maybe else {
            opened.connection.send(.closeGroup(opened.number), deadline: nil) { _ in }
            throw LogError(
                .producerFenced, "somebody else has committed positions of the group \(name) meanwhile",
                hint: "begin again from the positions of the group")
        }
        (committed, maybe) = (positions, nil)
        opening.withLock { $0 = opened }
        return opened
    }

    private static func open(_ name: String, _ log: RemoteLog) async throws(LogError) -> (Opening, GroupPositions) {
        try await log.repeated(at: TopicPartition(positionsOf: name)) { connection throws(LogError) in
            let number = log.nextNumber()
            let positions: GroupPositions = try await connection.call(.openGroup(number, name))
            return (Opening(connection: connection, number: number), positions)
        }
    }
}
