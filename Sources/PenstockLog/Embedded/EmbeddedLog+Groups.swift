internal import PenstockEvents

extension EmbeddedLog {
    /// Becomes the owner of a consumer group, which begins to exist where it is not there.
    /// - Throws: `LogError` with code `partitionOwned` where it has an owner, in this or another process, or `invalidConfiguration` for
    ///   a name that breaks the rules.
    public func group(_ name: String) async throws(LogError) -> any ConsumerGroup {
        try GroupName.validate(name)
        let topic = GroupName.topic(of: name)
        _ = try await openTopic(ofTheLog: topic, schema: GroupPosition.schema, GroupPosition.configuration)
        let writer: any TopicWriter
        do {
            writer = try await self.writer(ofTheLog: TopicPartition(topic))
        } catch {
            throw Self.explain(error, group: name)
        }
        do {
            return EmbeddedConsumerGroup(try await positions(of: name), writer: writer, clock: clock)
        } catch {
            try? await writer.close()
            throw error
        }
    }

    /// The committed positions of a group. Needs no write access, and the group may have an owner meanwhile.
    /// - Throws: `LogError` with code `groupNotFound`.
    public func positions(of group: String) async throws(LogError) -> GroupPositions {
        try GroupName.validate(group)
        guard let positions = try await directory.positions(of: group) else { throw try await notFound(group) }
        return positions
    }

    /// The names of all consumer groups, sorted by their bytes.
    public func groups() async throws(LogError) -> [String] {
        try await directory.topics(internal: true).compactMap { GroupName.group(of: $0) }
    }

    /// Deletes a consumer group with its positions.
    /// - Throws: `LogError` with code `groupNotFound`, or `partitionOwned` where it has an owner.
    public func deleteGroup(_ name: String) async throws(LogError) {
        try GroupName.validate(name)
        guard try await groups().contains(name) else { throw try await notFound(name) }
        do {
            try await delete(GroupName.topic(of: name))
        } catch {
            throw Self.explain(error, group: name)
        }
    }

    private func notFound(_ group: String) async throws(LogError) -> LogError {
        let groups = try await groups()
        let known = groups.isEmpty ? "the log has no groups" : "groups of the log: \(groups.joined(separator: ", "))"
        return LogError(.groupNotFound, "there is no consumer group \(group) in \(directory.path)", hint: known)
    }

    // The group is what its user knows, not the topic behind it.
    private static func explain(_ error: LogError, group: String) -> LogError {
        guard error.code == .partitionOwned else { return error }
        let owner = error.summary.firstRange(of: ": ").map { error.summary[$0.lowerBound...] } ?? ""
        return LogError(
            .partitionOwned, "the consumer group \(group) already has an owner\(owner)",
            hint: "close that owner or end that process; a group has one owner at a time", place: error.place)
    }
}
