internal import PenstockEvents

/// Where an event was read: what an error and a dead letter say of it.
public struct EventSource: Sendable, Hashable, CustomStringConvertible {
    /// `topic NAME`, or the name of the stage that has read or made the event.
    public let name: String
    /// The partition of the topic or the source.
    public let partition: Int
    /// The offset in the topic, or the number of the event in the partition of the source; nil for what a stage has made, whose numbers
    /// depend on the parallelism.
    public let number: UInt64?

    /// Where the event was read, in words.
    public var description: String {
        guard let number else { return "a row of \(name)" }
        let word = name.hasPrefix(Self.topicPrefix) ? "offset" : "event"
        return "\(word) \(number) of partition \(partition) of \(name)"
    }

    static let topicPrefix = "topic "
}

/// The names of all sources of a plan by their number as an origin.
struct EventSources: Sendable {
    private var sources: [UInt32: String] = [:]
    private var stages: [UInt32: String] = [:]
    /// Whether events keep where they were read, also where batches are put together.
    private(set) var areKept = false

    /// None: every event is one of a stage without a name.
    init() {}

    init(_ plan: PhysicalPlan) {
        for (stage, number) in plan.origins { stages[number] = stage.description }
        areKept = plan.stages.contains { stage in
            stage.onError != .fail || stage.operators.contains { $0.description.onError != .fail }
        }
        for stage in plan.stages {
            guard let name = stage.input.sourceName, let number = plan.origins[name] else { continue }
            sources[number] = name.description
            if case .topic(_, let topic, _, _, _) = stage.input { sources[number] = EventSource.topicPrefix + topic }
        }
    }

    func source(_ origin: Origin, _ sequence: UInt64) -> EventSource {
        guard let name = sources[origin.stage] else {
            return EventSource(name: stages[origin.stage] ?? "a stage", partition: Int(origin.partition), number: nil)
        }
        return EventSource(name: name, partition: Int(origin.partition), number: sequence)
    }

    /// What an error says: nil in a processor that belongs to no plan.
    func knownSource(_ origin: Origin, _ sequence: UInt64) -> EventSource? {
        stages.isEmpty ? nil : source(origin, sequence)
    }
}
