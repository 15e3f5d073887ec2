internal import PenstockEvents

/// A flow as its author wrote it: a name and stages in order.
public struct FlowDescription: Sendable {
    /// The flow's name, unique in its pipeline.
    public let name: String
    /// The stages, beginning with a source or with another flow.
    public let stages: [StageDescription]

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
    /// How many instances or threads the author asked for, or nil.
    public var parallelism: Int?
    /// Where events go that the stage does not take, by the reason.
    public var sides: [SidePort: SideOutputName] = [:]
    /// Why results from here on may differ from those of a replay, such as `processing time`; nil where they cannot.
    public var unrepeatable: String?
    /// Whether the stage also works when nothing comes, and so does not share an actor with a source.
    public var isWaking = false
    /// How the events of a feedback are read, for the stage that reads it and the one that writes it.
    public var feedback: FeedbackRule?
    /// How a source is read.
    public var reading: SourceReading

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
                ? "tumbling \(windows.size) events" : "sliding \(windows.size) events every \(windows.every)"
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
    var defect: String?
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
        make = {
            PositionWindowProcessor(operation, windows: windows, position: position, context: $0, origin: $1)
        }
    }
}
