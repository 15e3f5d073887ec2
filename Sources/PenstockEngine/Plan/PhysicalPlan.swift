internal import PenstockEvents

/// The stages that run: operators that follow each other without a cut, between an input and an output.
public struct PhysicalPlan: Sendable {
    /// The number of key groups, which bounds the parallelism of a keyed stage.
    public static let largestParallelism = KeyGroup.count

    /// The stages; edges point from lower to higher numbers.
    public internal(set) var stages: [PhysicalStage] = []
    /// The edges between stages.
    public internal(set) var edges: [Edge] = []

    /// A bounded channel between two stages, one for each pair of instances.
    public struct Edge: Sendable, Hashable {
        /// The number of the stage that sends.
        public let from: Int
        /// The number of the stage that receives.
        public let to: Int
        /// How events find their instance.
        public internal(set) var routing: Routing
        /// On which of the receiving stage's inputs the events come.
        public var input = 0
        /// Where the events leave the sending stage; nil for its end.
        public var port: Port?
        /// What becomes of events where the receiver does not keep up; nil where the sender waits.
        public internal(set) var lossy: LossyEdge?
    }

    /// A side output of an operator in a stage.
    public struct Port: Sendable, Hashable {
        /// The operator's place in its stage.
        public let operatorIndex: Int
        /// Which of its side outputs.
        public let side: SidePort

        /// In place of an operator's place: the stage's source.
        static let source = -1
    }

    /// The number of each stage of the pipeline as an origin of events: its place among all stage ids in the order of their bytes,
    /// so that the order of events does not depend on how stages are put together.
    var origins: [StageName: UInt32] = [:]

    /// The names that stages had earlier, the latest first: where a checkpoint does not know the present one.
    var formerNames: [StageName: [StageName]] = [:]

    /// How events find the instance of the receiving stage.
    public enum Routing: String, Sendable, Hashable {
        /// There is one.
        case single
        /// By the key group of their key.
        case keyGroups
        /// That with the number of the sending instance.
        case sameInstance
    }
}

/// A stage that runs as one actor for each of its instances.
public struct PhysicalStage: Sendable {
    /// Where the events of a stage come from.
    public enum Input: Sendable {
        /// A source that is not a topic.
        case source(StageName, AnySource)
        /// A topic that is read from where the run or the replay says.
        case topic(StageName, topic: String, codec: EventCodec, disorder: Disorder, isPersisted: Bool)
        /// Other stages, through channels.
        case channels
    }

    /// An operator in a stage.
    public struct PlannedOperator: Sendable {
        /// The operator's name.
        public let name: StageName
        /// What it does.
        public let description: StageDescription
    }

    /// Where the results of a stage go.
    public enum Output: Sendable {
        /// Other stages, through channels.
        case channels
        /// A sink that is not a topic.
        case sink(StageName, AnySink)
        /// Nowhere: a topic to which a live run would append. A replay appends to no topic, so that any number of them may work on one log,
        /// also one that cannot be written.
        case leftOut(StageName, topic: String)
        /// A topic. A persisted one is read again by the stage with the given number, which waits for what is acknowledged.
        case topic(StageName, topic: String, codec: EventCodec, readBy: Int?)
    }

    /// The stage's number in the plan.
    public let index: Int
    /// Where the events come from.
    public let input: Input
    /// The operators, in order.
    public internal(set) var operators: [PlannedOperator] = []
    /// Where the results go.
    public internal(set) var output: Output = .channels
    /// Whether its author knows that what it puts into a sink is not all there was.
    public internal(set) var allowsLossy = false
    /// Whether what comes out at its end comes again, the same and in the same order, in a replay and behind a restart.
    public internal(set) var isRepeatable = true
    /// The name of what drops events on the edge to the next stage.
    var lossyStage: StageName?
    /// Why what its source gives may differ from what a replay gives; nil where it cannot.
    var unrepeatable: String?
    /// How the rows of an output that is a topic get there.
    public internal(set) var delivery = TopicDelivery.repeatable
    /// The number of instances.
    public internal(set) var instances = 1
    /// Whether its events come from several instances of a keyed stage or several partitions, so that they have to be put in order
    /// first.
    public var mergesInOrder: Bool { order != nil }
    /// What is put in order first, if anything is.
    var order: OrderedMerge.Scope?
    /// For which stage of the author that is; part of the name of the state, since the order may have an actor of its own.
    var orderedFor: StageName?
    /// Whether its instances have the partitions of a source, each some of them.
    var sharesPartitions = false
    /// The number of partitions of its source.
    public internal(set) var partitions = 1
    /// How the partitions of its source are read.
    public internal(set) var reading = SourceReading()
    /// What becomes of events of its source that cannot be read or have no usable time.
    public internal(set) var onError = ErrorPolicy.fail
    /// How it reads a feedback; nil for all but the source of one.
    var feedback: FeedbackRule?
    /// The source of the feedback that it merges with other inputs, or nil.
    var mergedFeedback: StageName?
    /// Where in the stage the source's clock runs; nil for before everything, with the disorder of the source itself.
    var clocked: Clocked?

    /// A clock that a source has behind some of the operators.
    struct Clocked: Sendable {
        let name: StageName
        let disorder: Disorder
        /// What comes before it: the stage's first operators.
        let kernels: [(stage: StageName, kernel: any BatchKernel)]
    }
}

extension PhysicalStage.Input {
    /// The name of the source or the topic's stage; nil for channels.
    var sourceName: StageName? {
        switch self {
        case .source(let name, _), .topic(let name, _, _, _, _): name
        case .channels: nil
        }
    }
}

extension PhysicalStage.Input {
    /// Whether it is a topic.
    var isTopic: Bool {
        if case .topic = self { true } else { false }
    }
}

extension PhysicalStage {
    /// The name of the feedback that it reads, or nil.
    var feedbackName: StageName? { feedback == nil ? nil : input.sourceName }

    /// Whether its first operator has timers, for which it matters how far time came before the end.
    var hasTimers: Bool {
        switch operators.first?.description.kind {
        case .operation(let operation): operation.ordersEvents
        case .aggregate(.global, _): true
        default: false
        }
    }

    /// What the state of the output belongs to; nil for channels.
    var outputOwner: StateOwner? {
        switch output {
        case .sink(let name, _), .topic(let name, _, _, _): StateOwner(stage: name, part: .sink)
        case .channels, .leftOut: nil
        }
    }

    /// The form of the output's state.
    var outputForm: String {
        if case .topic = output, delivery == .transactions { return "output in transactions" }
        return "output"
    }

    /// What works on the events before the operators do: what its state belongs to, and of which form that is.
    var prelude: [(owner: StateOwner, form: String)] {
        var prelude: [(owner: StateOwner, form: String)] = []
        if let mergedFeedback {
            prelude.append((StateOwner(stage: mergedFeedback, part: .operation), FeedbackTime.form))
        }
        if mergesInOrder {
            guard let orderedFor else { preconditionFailure("stage \(index) puts events in order for nobody") }
            prelude.append((StateOwner(stage: orderedFor, part: .order), "events in order"))
        }
        return prelude
    }
}

extension PhysicalPlan {
    /// Gives each stage from which events can come its number.
    mutating func numberOrigins() {
        var names: [StageName] = []
        for stage in stages {
            if let source = stage.input.sourceName { names.append(source) }
            names += stage.operators.map(\.name)
        }
        names.sort()
        for (number, name) in names.enumerated() { origins[name] = UInt32(number) }
    }

    /// The type of the events that come into a stage.
    func element(entering stage: Int) -> ValueType {
        switch stages[stage].input {
        case .source(_, let source): return source.output
        case .topic(_, _, let codec, _, _): return codec.element
        case .channels:
            return element(entering: stage, on: 0)
        }
    }

    /// The type of the events that come on an input of a stage that reads channels.
    private func element(entering stage: Int, on input: Int) -> ValueType {
        guard let edge = edges.first(where: { $0.to == stage && $0.input == input }) else {
            preconditionFailure("nothing comes into stage \(stage) on input \(input)")
        }
        if edge.port?.side == .deadLetter { return ValueType(DeadLetter.self) }
        if let port = edge.port, port.side == .lateRight { return element(entering: edge.from, on: 1) }
        return element(leaving: edge.from, at: edge.port?.operatorIndex ?? stages[edge.from].operators.count)
    }

    /// The type of the events in a stage before the operator with the number `place`.
    private func element(leaving stage: Int, at place: Int) -> ValueType {
        var element = element(entering: stage)
        for planned in stages[stage].operators.prefix(max(place, 0)) { element = planned.description.output ?? element }
        return element
    }

    /// Whether events are combined before they go over an edge: where they are shared out or gathered for an aggregate.
    func combines(before edge: Edge) -> Bool {
        let (from, to) = (stages[edge.from], stages[edge.to])
        return edge.port == nil && to.order == nil && (from.instances > 1 || to.instances > 1)
            && edge.routing != .sameInstance
    }

    /// Whether a run of the plan needs a log.
    public var usesTopics: Bool {
        stages.contains { stage in
            if case .topic = stage.input { return true }
            if case .topic = stage.output { return true }
            return false
        } || !recordings.isEmpty || !rememberings.isEmpty
    }

    /// All topics that a run of the plan appends to or reads, those of recorded and remembered answers included, by name.
    public var topics: [String] {
        var names = Set(recordings.map(\.rule.topic) + rememberings.map(\.rule.topic))
        for stage in stages {
            if case .topic(_, let topic, _, _, _) = stage.input { names.insert(topic) }
            if case .topic(_, let topic, _, _) = stage.output { names.insert(topic) }
        }
        return names.sorted()
    }

    /// The topics that the plan records and reads again, in the order of the stages.
    public var persistedTopics: [String] {
        stages.compactMap { stage in
            if case .topic(_, let topic, _, _, isPersisted: true) = stage.input { topic } else { nil }
        }
    }
}

extension PhysicalPlan {
    /// Whether a flow begins with a side output of a stage.
    package func readsSide(_ side: SidePort, of name: StageName) -> Bool {
        edges.contains { edge in
            guard let port = edge.port, port.side == side else { return false }
            let stage = stages[edge.from]
            let sender =
                port.operatorIndex == Port.source ? stage.input.sourceName : stage.operators[port.operatorIndex].name
            return sender == name
        }
    }
}
