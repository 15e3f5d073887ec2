internal import PenstockEvents
internal import PenstockLog

/// A member's place in a group of a broker's log. It belongs to one connection; the broker waits for the member when that
/// is lost.
final class RemoteSeat: GroupSeat {
    private let number: UInt32
    private let connection: ClientConnection
    /// Whether an answer may have got lost here: then another seat is needed, which begins with all of it.
    private let isBroken = Guarded(false)

    init(_ group: String, _ request: JoinRequest, _ log: RemoteLog) async throws(LogError) {
        let number = log.nextNumber()
        connection = try await log.repeated(at: TopicPartition(positionsOf: group)) { connection throws(LogError) in
            do throws(LogError) { try await connection.perform(.joinGroup(seat: number, group, request)) } catch {
                // Where only the answer was late, nobody would sit here.
                connection.send(.leaveGroup(seat: number), deadline: nil) { _ in }
                throw error
            }
            return connection
        }
        self.number = number
    }

    // Whoever drops it cannot come back.
    deinit { connection.send(.leaveGroup(seat: number), deadline: nil) { _ in } }

    func nextChange() async throws(LogError) -> GrantChange {
        if isBroken.withLock({ $0 }) { throw LogError(.unreachable, "a change of a group's partitions was not taken") }
        do throws(LogError) {
            var answer = try await connection.answerOrCancellation(of: .nextChange(seat: number))
            do { return try answer.message.take() } catch {
                throw LogError(.storage, "the broker has answered a member what cannot be understood: \(error)")
            }
        } catch {
            if error.code == .cancelled { isBroken.withLock { $0 = true } }
            throw error
        }
    }

    func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64] {
        let positions: GroupPositions = try await connection.call(.seatPositions(seat: number, partitions))
        return positions.offsets
    }

    func commit(_ positions: [PartitionGrant: UInt64]) async throws(LogError) {
        let grants = positions.keys.sorted { $0.number < $1.number }
        try await connection.perform(.seatCommit(seat: number, grants, grants.map { positions[$0] ?? 0 }))
    }

    func release(_ grants: [PartitionGrant]) async throws(LogError) {
        try await connection.perform(.releaseGrants(seat: number, grants))
    }

    func leave() async throws(LogError) { try await connection.perform(.leaveGroup(seat: number)) }
}
