internal import PenstockEvents
public import PenstockLog

/// What a plan asks of a machine, as far as that follows from the plan and from what its sources and topics say of themselves.
public struct PlanResources: Sendable {
    /// A source or a topic that is read.
    public struct Input: Sendable {
        /// The stage that reads it.
        public let name: StageName
        /// What it is.
        public let summary: String
        /// What it will give; nil where nobody can tell.
        public let expectation: SourceExpectation?
        /// The partitions, of which each can be on another node; nil for a source, which every process would read as a whole.
        public let partitions: Int?
    }

    /// The inputs, in the order of the stages.
    public let inputs: [Input]
    /// Instances of stages, and threads of heavy operators, that can all be at work at the same time.
    public let threads: Int
    /// The most bytes that wait in the channels between stages.
    public let queueBytes: Int
    /// How many nodes can share the work: the partitions of the topics. 1 where it cannot be shared.
    public let nodes: Int
    /// Why it cannot be shared; nil where it can.
    public let whyOneNode: String?
}

extension PhysicalPlan {
    /// What the plan asks for.
    /// - Parameter log: The log with its topics; nil where there is none yet.
    /// - Throws: What a source throws that looks at its input.
    public func resources(in log: (any LogStore)?) async throws -> PlanResources {
        var inputs: [PlanResources.Input] = []
        for stage in stages {
            switch stage.input {
            case .source(let name, let source):
                inputs.append(
                    .init(name: name, summary: source.summary, expectation: try source.expectation(), partitions: nil))
            case .topic(let name, let topic, _, _, _) where !isRecorded(stage.index):
                let found = try? await log?.describe(topic)
                let expectation = found.map { found in
                    SourceExpectation(
                        events: found.partitions.reduce(0) { $0 + Int(clamping: $1.nextOffset - $1.firstOffset) },
                        bytes: found.partitions.reduce(0) { $0 + Int(clamping: $1.byteCount) })
                }
                inputs.append(
                    .init(
                        name: name, summary: "topic \(topic)", expectation: expectation,
                        partitions: found?.partitions.count))
            case .topic, .channels: break
            }
        }
        let threads = stages.reduce(0) { sum, stage in
            sum + stage.instances * max(1, stage.operators.compactMap(\.description.parallelism).max() ?? 1)
        }
        let queueBytes = edges.reduce(0) { sum, edge in
            let (from, to) = (stages[edge.from].instances, stages[edge.to].instances)
            return sum + (edge.routing == .sameInstance ? from : from * to) * Lane.byteLimit
        }
        var nodes = 1
        var whyOneNode: String?
        do throws(EngineError) {
            _ = try topicsToShare()
            nodes = inputs.compactMap(\.partitions).min() ?? 1
        } catch {
            whyOneNode = error.summary
        }
        return PlanResources(
            inputs: inputs, threads: threads, queueBytes: queueBytes, nodes: nodes, whyOneNode: whyOneNode)
    }

    /// The numbers of the stages that read what no other stage of the run gives them.
    var inputStages: Set<Int> {
        Set(
            stages.filter { stage in
                switch stage.input {
                case .source: true
                case .topic: !isRecorded(stage.index)
                case .channels: false
                }
            }.map(\.index))
    }

    /// Whether a stage reads what another one of the same run records.
    private func isRecorded(_ index: Int) -> Bool {
        stages.contains { stage in
            if case .topic(_, _, _, let reader) = stage.output { reader == index } else { false }
        }
    }
}
