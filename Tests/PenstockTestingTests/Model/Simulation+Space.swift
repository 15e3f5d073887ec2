import PenstockLog

/// Steps that give records up.
extension Simulation {
    func truncate() async throws {
        let index = try await anyTopic()
        let offset = anyOffset(try await log!.describe(topics[index].name).partitions[0])
        topics[index].model.beginTruncation(before: offset)
        try await log!.truncate(topics[index].model.partition, before: offset)
        topics[index].model.endTruncation(before: offset)
    }

    func retain(bytes: Int) async throws {
        let index = try await anyTopic()
        guard !topics[index].model.isCompacted else { return }
        let (name, before) = (topics[index].name, try await log!.describe(topics[index].name).partitions[0])
        topics[index].model.beginRetention()
        _ = try await log!.alterTopic(name, TopicChange(retention: Retention(bytes: bytes)))
        let after = try await log!.applyRetention(name).partitions[0]
        topics[index].model.endTruncation(before: after.firstOffset)
        guard after.firstOffset == before.firstOffset || after.byteCount >= bytes else {
            throw Violation("\(name) keeps \(after.byteCount) bytes and \(bytes) were to stay")
        }
    }

    func compact() async throws {
        guard let index = topics.indices.first(where: { topics[$0].model.isCompacted }) else { return }
        try await finishCreation(index)
        do {
            _ = try await log!.compact(topics[index].name)
        } catch {
            if error.code == .damaged, !topics[index].model.isIntact { return }
            throw error
        }
    }
}
