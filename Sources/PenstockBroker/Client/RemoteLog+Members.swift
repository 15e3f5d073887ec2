public import PenstockLog

extension RemoteLog {
    /// Becomes a member of a consumer group, and joins again where the connection was lost.
    public func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership {
        let id = JoinRequest.newID(from: randomNumbers)
        return try await SharedMembership(group, clock: timer) { [self] isReturning throws(LogError) in
            try await RemoteSeat(
                group, JoinRequest(id: id, client: client, member: member, isReturning: isReturning), self)
        }
    }

    /// Who consumes as a group.
    public func members(of group: String) async throws(LogError) -> GroupDescription {
        try await repeated(at: TopicPartition(positionsOf: group)) { connection throws(LogError) in
            try await connection.call(.members(group: group))
        }
    }
}
