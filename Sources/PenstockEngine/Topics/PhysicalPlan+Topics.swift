public import PenstockLog

extension PhysicalPlan {
    /// Plans the flows of a pipeline over the topics of a log, whose partitions are counted first.
    /// - Throws: `EngineError.plan`; `LogError` where a topic is damaged. A topic that is not there is a matter of the run.
    public init(
        _ flows: [FlowDescription], parallelism: Int = 1, isReplay: Bool = false, log: (any LogStore)?
    ) async throws {
        let counts = try await Self.partitionCounts(of: flows, log)
        try self.init(flows, parallelism: parallelism, isReplay: isReplay, topicPartitions: counts)
    }

    private static func partitionCounts(
        of flows: [FlowDescription], _ log: (any LogStore)?
    ) async throws -> [String: Int] {
        guard let log else { return [:] }
        let known = Set(try await log.topics())
        var counts: [String: Int] = [:]
        for stage in flows.flatMap(\.stagesWithParts) {
            guard case .topicSource(let topic, _, _) = stage.kind, known.contains(topic) else { continue }
            counts[topic] = try await log.describe(topic).partitions.count
        }
        return counts
    }
}
