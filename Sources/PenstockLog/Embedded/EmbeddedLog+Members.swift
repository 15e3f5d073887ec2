#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension EmbeddedLog {
    /// Becomes a member of a group, whose members share the partitions of their topics. They are all of this process and
    /// of this object: several processes share a group at a broker.
    /// - Throws: as `LogStore.join`.
    public func join(_ group: String, as member: GroupMember) async throws(LogError) -> any GroupMembership {
        let id = JoinRequest.newID(from: randomNumbers)
        return try await SharedMembership(group, clock: timer) { [self] isReturning throws(LogError) in
            try await sharedGroups.join(
                group, of: self,
                JoinRequest(id: id, client: "process \(getpid())", member: member, isReturning: isReturning))
        }
    }

    /// Who consumes as a group through this object.
    /// - Throws: `LogError` with code `groupNotFound`.
    public func members(of group: String) async throws(LogError) -> GroupDescription {
        _ = try await positions(of: group)
        return await sharedGroups.description(of: group)
    }
}
