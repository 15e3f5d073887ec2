internal import PenstockEvents
internal import PenstockLog

/// How often runs have begun at the same positions of their sources and not come further: what a trap in an author's code looks like, which nobody can
/// catch and which comes again at the same event.
///
/// The number stands in a topic of its own beside that of the checkpoints, because it has to be kept before the run does anything.
struct AttemptBook {
    private let log: any LogStore
    private let partition: TopicPartition
    private let positions: String
    private let begun: UInt32
    private let durability: Durability

    /// Notes that a run begins with a checkpoint.
    /// - Parameter answers: How many answers are remembered: those that the last run has added are progress, whatever became of its checkpoints.
    /// - Throws: `EngineError.option` where as many runs have failed to come further as `limit` says; `LogError` of the log.
    init(
        _ checkpoint: Checkpoint, _ plan: PhysicalPlan, answers: Int, name: String, limit: Int, _ log: any LogStore,
        _ durability: Durability
    ) async throws {
        self.log = log
        self.durability = durability
        partition = TopicPartition("attempts.\(name)")
        positions = checkpoint.positions(in: plan) + (answers > 0 ? ", with \(answers) remembered answers" : "")
        _ = try await log.openTopic(
            partition.topic, schema: Attempt.schema, creatingWith: TopicConfiguration(durability: durability))
        let last = try await Self.last(in: partition, log)
        // The run that has kept the checkpoint was the first to go on from there. A checkpoint that is further on in number alone, because
        // runs keep them faster than they come to the trap, is no progress.
        let made = last?.positions == positions ? (last?.count ?? 0) + 1 : 1
        guard made < limit else {
            throw EngineError.option(
                problem: "\(made) \(made == 1 ? "run has" : "runs in a row have") ended without coming further than "
                    + "checkpoint \(checkpoint.epoch), which goes on at \(positions)",
                hint:
                    "an event from there on may trap in your code, such as by an index out of range: look for it with "
                    + "--batch-size 1 --parallelism 1; --attempts \(made + 1) tries once more, --fresh begins anew")
        }
        begun = made
        try await write(begun)
    }

    /// The user has ended the run: this was no attempt.
    func takeBack() async throws { try await write(begun - 1) }

    private func write(_ count: UInt32) async throws(LogError) {
        let writer = try await log.writer(for: partition)
        let acknowledgement = try await writer.append(own: [Attempt(positions: positions, count: count)])
        try await writer.close()
        do { try await log.truncate(partition, before: acknowledgement.offsets.lowerBound) } catch {
            // A program that may not: there is one more small record with every run.
            guard error.code == .notAllowed else { throw error }
        }
    }

    private static func last(in partition: TopicPartition, _ log: any LogStore) async throws -> Attempt? {
        let reader = try await log.reader(for: partition, from: .earliest)
        var last: Attempt?
        while let entry = try await reader.next() {
            guard case .records(let batch) = entry, batch.count > 0 else { continue }
            last = try batch.event(at: batch.count - 1)
        }
        await reader.close()
        return last
    }
}

/// A record of the topic of attempts: how many runs have begun where their sources were.
private struct Attempt: Event {
    static let schema = Schema(
        "penstock.attempt", version: 1, fields: [Schema.Field("positions", .string), Schema.Field("count", .u32)])

    let positions: String
    let count: UInt32

    init(positions: String, count: UInt32) {
        self.positions = positions
        self.count = count
    }

    func write(to record: inout RecordWriter) {
        record.append(positions)
        record.append(count)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        positions = try record.readString()
        count = try record.readInteger()
    }
}

extension Checkpoint {
    /// Where its sources go on, those that have not ended.
    fileprivate func positions(in plan: PhysicalPlan) -> String {
        let sources = EventSources(plan)
        let positions = state.chunks.sorted { $0.key < $1.key }.compactMap { owner, chunks -> String? in
            guard case .source(let partition) = owner.part, let number = plan.origins[owner.stage],
                let chunk = chunks.first, let next = SourcePartition.next(in: chunk)
            else { return nil }
            return sources.source(Origin(stage: number, partition: UInt32(partition)), next).description
        }
        return positions.isEmpty ? "the end of its sources" : positions.joined(separator: ", ")
    }
}
