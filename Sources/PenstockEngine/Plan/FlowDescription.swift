internal import PenstockEvents

/// A flow as its author wrote it: a name and stages in order.
public struct FlowDescription: Sendable {
    /// The flow's name, unique in its pipeline.
    public let name: String
    /// The stages, beginning with a source or with another flow.
    public let stages: [StageDescription]
    /// The names that the flow had earlier, under which a checkpoint may hold its states.
    public var formerNames: [String] = []

    /// A flow.
    public init(name: String, stages: [StageDescription]) {
        self.name = name
        self.stages = stages
    }

    /// The named flows that this one goes on from, in the order in which they are mentioned.
    public var inputFlows: [FlowDescription] {
        switch stages.first?.kind {
        case .flow(let input): [input]
        case .inputs(let parts): parts.flatMap(\.inputFlows)
        default: []
        }
    }

    /// Whether the flow ends in a sink; if not it is there to be used by other flows.
    public var hasSink: Bool {
        switch stages.last?.kind {
        case .sink, .topicSink: true
        default: false
        }
    }
}

/// A stage as its author wrote it.
public struct StageDescription: Sendable {
    /// What the stage does.
    public enum Kind: Sendable {
        /// Reads a source that is not a topic.
        case source(AnySource)
        /// Reads a topic.
        case topicSource(topic: String, codec: EventCodec, disorder: Disorder)
        /// Goes on where another flow ends.
        indirect case flow(FlowDescription)
        /// Takes several inputs at once, which need no name of their own: a merge, or the sides of a join.
        indirect case inputs([FlowDescription])
        /// Takes what a stage of another flow puts out at its side.
        case side(SideOutputName)
        /// Lets the clocks of the source's partitions run over the events that come here.
        case watermark(Disorder)
        /// One event for each event.
        case map(MapKernel)
        /// Some of the events.
        case filter(FilterKernel)
        /// Those events for which the stages behind have time.
        case lossy(LossyEdge)
        /// Gives each event its key; the name of the key's type.
        case keyBy(KeyKernel, keyType: String)
        /// Aggregates in windows by key.
        case aggregate(KeyedWindow, Aggregate)
        /// An author's or a library's operator.
        case operation(AnyOperator)
        /// Writes to a topic; what follows reads from it.
        case persist(topic: String, codec: EventCodec)
        /// Writes to a sink that is not a topic.
        case sink(AnySink)
        /// Writes to a topic.
        case topicSink(topic: String, codec: EventCodec)
    }

    /// What the stage does.
    public let kind: Kind
    /// The word for its kind, as the author wrote it: `Filter`, `Sum`, `Gridrec`.
    public let label: String
    /// The name that the author gave it, or nil.
    public var name: String?
    /// The names that the stage had earlier, under which a checkpoint may hold its state.
    public var formerNames: [String] = []
    /// How the rows of a topic get there.
    public var delivery = TopicDelivery.repeatable
    /// How many instances or threads the author asked for, or nil.
    public var parallelism: Int?
    /// Where events go that the stage does not take, by the reason.
    public var sides: [SidePort: SideOutputName] = [:]
    /// Why results from here on may differ from those of a replay, such as `processing time`; nil where they cannot.
    public var unrepeatable: String?
    /// Whether the author of a sink knows that it gets only what a lossy edge has left.
    public var allowsLossy = false
    /// Whether a topic or file takes rows that come more than once, each to replace the one before it.
    public var takesUpdates = false
    /// Whether the stage also works when nothing comes, and so does not share an actor with a source.
    public var isWaking = false
    /// What becomes of events that it cannot handle.
    public var onError = ErrorPolicy.fail
    /// How the events of a feedback are read, for the stage that reads it and the one that writes it.
    public var feedback: FeedbackRule?
    /// How a source is read.
    public var reading: SourceReading

    /// All side outputs, with that of the letters about events it could not handle.
    var sideOutputs: [SidePort: SideOutputName] {
        var all = sides
        if let letters = onError.side { all[.deadLetter] = letters }
        return all
    }

    /// The type of what the stage puts out, where it is another than what it takes.
    var output: ValueType? {
        switch kind {
        case .map(let kernel): kernel.output
        case .aggregate(_, let aggregate): aggregate.row
        case .operation(let operation): operation.output
        default: nil
        }
    }

    /// What operator a state belongs to and of what types, for stages that have one. A state is given back to the same form only.
    var stateForm: String? {
        switch kind {
        case .aggregate(let window, let aggregate):
            "\(aggregate.summary) giving \(aggregate.row.name), \(window.summary)"
        case .operation(let operation): "\(operation.summary) giving \(operation.output.name)"
        default: nil
        }
    }

    /// A stage.
    public init(_ kind: Kind, label: String, name: String? = nil, parallelism: Int? = nil) {
        self.kind = kind
        if case .topicSource = kind { reading = .topic } else { reading = SourceReading() }
        self.label = label
        self.name = name
        self.parallelism = parallelism
        switch kind {
        case .operation(let operation):
            isWaking = operation.isWaking
            unrepeatable = operation.unrepeatable
        case .aggregate(_, let aggregate):
            isWaking = aggregate.emission.earlyInterval != nil
            if aggregate.emission.givesEarlyRows { unrepeatable = "early rows" }
        default: break
        }
    }
}

/// The windows of a keyed stream.
public enum KeyedWindow: Sendable {
    /// Over event time.
    case time(TimeWindows)
    /// Over a number of events.
    case count(CountWindows)
    /// Of activity.
    case session(SessionWindows)
    /// One for each key, with a trigger.
    case global(GlobalWindows)

    var defect: String? {
        switch self {
        case .time(let windows): windows.defect
        case .count(let windows): windows.defect
        case .session(let windows): windows.defect
        case .global(let windows): windows.defect
        }
    }

    /// The rule in words, for `explain`.
    var summary: String {
        switch self {
        case .time(let windows):
            windows.size == windows.every
                ? "tumbling \(Self.text(windows.size))"
                : "sliding \(Self.text(windows.size)) every \(Self.text(windows.every))"
        case .count(let windows):
            windows.size == windows.every
                ? "tumbling \(windows.size) events\(windows.orderText)"
                : "sliding \(windows.size) events every \(windows.every)\(windows.orderText)"
        case .session(let windows):
            switch windows.gap {
            case .fixed(let gap): "sessions, gap \(Self.text(gap))"
            case .each: "sessions, gap by event"
            }
        case .global(let windows): windows.summary
        }
    }

    private static func text(_ nanoseconds: Int64) -> String {
        nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000) s" : "\(nanoseconds) ns"
    }
}

/// An operator without its types, as the plan holds it.
public struct AnyOperator: Sendable {
    let summary: String
    /// What else `explain` says; may change while the state stays what it is.
    var details = ""
    let output: ValueType
    let isHeavy: Bool
    /// Whether the events are shared among instances by key group, and need not come in canonical order.
    var isKeyed = false
    /// Whether it puts the events of its input in order itself, and its rows behind that: keyed or in one instance.
    var ordersEvents = false
    /// Whether it takes the events of all origins as they come, in one instance, and makes them events of its own.
    var takesArrivalOrder = false
    /// Whether it also works when nothing comes.
    var isWaking = false
    /// Whether its state may go to disk.
    var spills = false
    /// Why its results may differ from those of a replay; nil where they cannot.
    var unrepeatable: String?
    /// Whether its rows have the keys of its events.
    var keepsKeys = false
    /// Where the answers to its requests are recorded; nil where they are not, or it asks nobody.
    var recording: AnswerRecording?
    /// Where the answers to its requests are remembered; nil where they are not, or it asks nobody.
    var remembering: AnswerMemory.Rule?
    /// For what reasons it may leave events out, and of what type they are.
    var sides: [SidePort: ValueType] = [:]
    var defect: String?
    /// Why it cannot go on behind an event that it fails for, or nil.
    var policyDefect: String?
    let make: @Sendable (OperatorContext, Origin) -> any Processor

    init(
        summary: String, output: ValueType, isKeyed: Bool, ordersEvents: Bool, defect: String?,
        make: @escaping @Sendable (OperatorContext, Origin) -> any Processor
    ) {
        self.summary = summary
        self.output = output
        isHeavy = false
        self.isKeyed = isKeyed
        self.ordersEvents = ordersEvents
        self.defect = defect
        self.make = make
    }

    /// An author's operator. A heavy one gets a thread of its own.
    public init<Op: Operator>(_ operation: Op, isHeavy: Bool = false) {
        summary = "\(Op.self)"
        output = ValueType(Op.Out.self)
        self.isHeavy = isHeavy
        defect = nil
        policyDefect =
            Op.namesFailedEvents
            ? nil
            : "\(Op.self) gets events by the batch, and nobody else knows which of them its state has taken. An operator that "
                + "says namesFailedEvents and throws EventFailure can"
        make = { OperatorProcessor(operation, context: $0, origin: $1) }
    }

    /// An operator over windows by position; `position` gives the place of an event on its axis, knowing that of the event before it in
    /// the scan. Always heavy.
    public init<Op: WindowOperator>(
        _ operation: Op, windows: PositionWindows, position: @escaping @Sendable (Op.In, Int64?) throws -> Int64
    ) {
        summary = "\(Op.self), windows \(windows.summary)"
        output = ValueType(Op.Out.self)
        isHeavy = true
        defect = windows.defect
        policyDefect = "\(Op.self) works on windows as a whole"
        make = {
            PositionWindowProcessor(operation, windows: windows, position: position, context: $0, origin: $1)
        }
        if case .sliding = windows.rule {
            sides = [.late: ValueType(Op.In.self), .outside: ValueType(Op.In.self)]
        }
    }
}

extension CountWindows {
    fileprivate var orderText: String { isArrivalOrder ? " in the order of arrival" : "" }
}

extension [StageDescription] {
    /// Whether all events behind these stages have one origin, so that they come in one order however fast they are read: those of a source with one
    /// partition, or of a stage that makes events of its own. Of a topic it is not known how many partitions it has.
    public var haveOneOrigin: Bool {
        for stage in reversed() {
            switch stage.kind {
            case .aggregate: return stage.unrepeatable == nil
            case .operation(let operation):
                if operation.isKeyed || operation.ordersEvents { return stage.unrepeatable == nil }
            case .source(let source): return source.partitionCount == 1
            case .topicSource, .persist, .inputs, .side: return false
            case .flow(let input): return input.stages.haveOneOrigin
            case .watermark, .map, .filter, .keyBy, .lossy, .sink, .topicSink: continue
            }
        }
        return false
    }
}
