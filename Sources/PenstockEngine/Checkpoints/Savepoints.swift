public import PenstockEvents
public import PenstockLog

/// A checkpoint that a log holds.
public struct KeptCheckpoint: Sendable, Hashable {
    /// The name of a savepoint; nil for a checkpoint that makes way for later ones.
    public let savepoint: String?
    /// The number of the checkpoint.
    public let epoch: UInt64
    /// When it was complete, by the clock of the log.
    public let keptAt: Timestamp
    /// The bytes of all states.
    public let byteCount: Int
    /// The stages that have a state in it, in the order of their names.
    public let stages: [StageName]
    /// Whether there is something to go on from: not where a run came to its end.
    public var isEnd: Bool { stages.isEmpty }
}

extension LogStore {
    /// The checkpoints under a name, the oldest first, and then its savepoints by name. Needs no write access; a run may be on its way.
    /// - Throws: `LogError` of the storage.
    public func checkpoints(of name: String) async throws -> [KeptCheckpoint] {
        let prefix = SavepointName.prefix(of: name)
        let topic = CheckpointOptions(name: name).topic
        var kept: [KeptCheckpoint] = []
        let topics = try await topics()
        if topics.contains(topic) {
            for entry in try await CheckpointIndex(TopicPartition(topic), self).complete {
                kept.append(KeptCheckpoint(entry, savepoint: nil))
            }
        }
        for topic in topics where topic.hasPrefix(prefix) && !topic.dropFirst(prefix.count).contains(".") {
            let name = String(topic.dropFirst(prefix.count))
            for entry in try await CheckpointIndex(TopicPartition(topic), self).complete {
                kept.append(KeptCheckpoint(entry, savepoint: name))
            }
        }
        return kept
    }

    /// Deletes a savepoint.
    /// - Throws: `SavepointMissing`; `LogError` of the storage, or where it is being written.
    public func deleteSavepoint(_ savepoint: String, of name: String) async throws {
        let topic = SavepointName.topic(savepoint, of: name)
        guard try await topics().contains(topic) else { throw try await missing(savepoint, name) }
        try await deleteTopic(topic)
    }

    /// The savepoint of this name, whole.
    /// - Throws: `SavepointMissing` where it is not there or is damaged; `LogError` of the storage.
    func savepoint(_ savepoint: String, of name: String) async throws -> Checkpoint {
        let topic = SavepointName.topic(savepoint, of: name)
        guard try await topics().contains(topic) else { throw try await missing(savepoint, name) }
        var damage: String?
        let found = try await CheckpointIndex(TopicPartition(topic), self).last { remark in
            if case .warning(let text) = remark { damage = text }
        }
        guard let found else {
            throw SavepointMissing(
                summary: "the savepoint \(savepoint) of \(name) is not whole" + (damage.map { ": \($0)" } ?? ""),
                hint: "take another one; this one can be deleted", category: .data)
        }
        return found
    }

    /// Whether there is a savepoint of this name, complete.
    func hasSavepoint(_ savepoint: String, of name: String) async throws -> Bool {
        let topic = SavepointName.topic(savepoint, of: name)
        guard try await topics().contains(topic) else { return false }
        return try await !CheckpointIndex(TopicPartition(topic), self).complete.isEmpty
    }

    /// Keeps a checkpoint under a name, where no retention drops it.
    /// - Throws: `EngineError.option` where the name is taken; `LogError` of the storage.
    func keep(
        _ checkpoint: Checkpoint, asSavepoint savepoint: String, of name: String, _ durability: Durability
    ) async throws {
        let topic = SavepointName.topic(savepoint, of: name)
        guard try await !hasSavepoint(savepoint, of: name) else {
            throw EngineError.savepointExists(savepoint, of: name)
        }
        // What a crash left of an earlier attempt.
        if try await topics().contains(topic) { try await deleteTopic(topic) }
        let store = try await CheckpointStore(topic: topic, kept: 1, self, durability)
        do {
            try await store.write(checkpoint)
        } catch {
            try? await store.close()
            try? await deleteTopic(topic)
            throw error
        }
        try await store.close()
    }

    private func missing(_ savepoint: String, _ name: String) async throws -> SavepointMissing {
        let known = try await checkpoints(of: name).compactMap(\.savepoint)
        return SavepointMissing(
            summary: "there is no savepoint \(savepoint) of \(name)",
            hint: known.isEmpty
                ? "\(name) has no savepoints in this log" : "its savepoints: \(known.joined(separator: ", "))",
            category: .noInput)
    }
}

extension EngineError {
    static func savepointExists(_ savepoint: String, of name: String) -> EngineError {
        .option(
            problem: "there is a savepoint \(savepoint) of \(name) already",
            hint: "choose another name, or delete it: checkpoints --delete \(savepoint)")
    }
}

/// A savepoint is not there.
public struct SavepointMissing: Diagnostic, Hashable {
    /// Which one.
    public let summary: String
    /// Those that are there.
    public let hint: String?
    /// `noInput` (66), or `data` (65) for one that is damaged.
    public let category: FailureCategory
}

extension KeptCheckpoint {
    fileprivate init(_ entry: CheckpointIndex.Entry, savepoint: String?) {
        self.init(
            savepoint: savepoint, epoch: entry.epoch, keptAt: entry.keptAt, byteCount: entry.byteCount,
            stages: entry.stages.sorted())
    }
}
