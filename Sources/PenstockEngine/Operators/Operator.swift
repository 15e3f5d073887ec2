public import PenstockEvents

/// A stage of the author's own: batches of events in, events out.
///
/// The operator holds parameters; what it remembers is in `State`. All calls for one partition come one after the other, in the order of
/// the stream. The result must not depend on how the events are cut into batches.
public protocol Operator<In, Out>: Sendable {
    /// The type of the events that come in.
    associatedtype In: Sendable
    /// The type of the events that go out.
    associatedtype Out: Sendable
    /// What the operator remembers between batches.
    associatedtype State: Snapshotable

    /// Whether the operator says for which event it has failed, by throwing `EventFailure`. Only then can its stage leave events out and go
    /// on: `.onError(.skip)`. By default it does not.
    static var namesFailedEvents: Bool { get }

    /// The state before the first event.
    func makeState() -> State

    /// Handles some events.
    /// - Throws: Anything; the run stops and names this stage. `EventFailure` where one event is to blame.
    func process(
        _ events: Events<In>, state: inout State, into output: inout Output<Out>, context: OperatorContext) throws

    /// Handles a control record, which goes on to the next stage afterwards. By default nothing happens.
    func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Out>, context: OperatorContext) throws

    /// Handles the end of the input. By default nothing happens.
    func finish(state: inout State, into output: inout Output<Out>, context: OperatorContext) throws
}

extension Operator {
    /// No.
    public static var namesFailedEvents: Bool { false }

    /// Does nothing.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Out>, context: OperatorContext
    ) throws {}

    /// Does nothing.
    public func finish(state: inout State, into output: inout Output<Out>, context: OperatorContext) throws {}
}

/// What an operator throws that cannot handle one event. It has done everything for the events before that one, and nothing of it is in its
/// state or its output; where the stage goes on, it is called again with the events behind it.
public struct EventFailure: Error {
    /// The place of the event among those that the operator was given, from 0.
    public let position: Int
    /// What is wrong with the event.
    public let error: any Error

    /// The operator could not handle the event at `position`.
    public init(at position: Int, _ error: any Error) {
        self.position = position
        self.error = error
    }
}

/// Where an operator puts its events.
public struct Output<Value: Sendable>: ~Copyable {
    @usableFromInline var builder: ColumnBuilder<Value>

    init(capacity: Int) { builder = ColumnBuilder(capacity: capacity) }

    /// How many events were put out since the operator was last called.
    public var count: Int { builder.count }

    /// Puts an event out. What comes of an event that is further out of order than its source's bound allows, and is given its time, counts
    /// as out of order by as much; otherwise the time must be that of an event that has come, or a later one.
    @inlinable public mutating func append(_ value: consuming Value, time: Timestamp) {
        builder.append(value, time: time.nanoseconds)
    }
}

/// What an operator may know about the run it is part of.
public struct OperatorContext: Sendable {
    /// The name of the stage.
    public let stage: StageName
    /// How many threads the stage may use; results must not depend on it.
    public let parallelism: Int
    /// Takes remarks for the user: a warning that names what is wrong with the data and what was done about it.
    public let report: @Sendable (RunRemark) -> Void

    /// The most events of a batch that the stage puts out.
    let batchEvents: Int
    /// Where state goes for which there is no room in memory.
    let spillFolder: any SpillFolder
    /// The recorded answers to the stage's requests; nil where there are none.
    var answers: AnswerTape?
    /// The remembered answers to the stage's requests; nil where there are none.
    var memory: AnswerMemory?

    init(
        stage: StageName, parallelism: Int, batchEvents: Int = RunOptions.defaultBatchEvents,
        spillFolder: any SpillFolder = DiskSpillFolder.temporary,
        report: @escaping @Sendable (RunRemark) -> Void
    ) {
        self.batchEvents = batchEvents
        self.spillFolder = spillFolder
        self.stage = stage
        self.parallelism = parallelism
        self.report = report
    }
}

/// Something that the user should know about a run, apart from its results.
public enum RunRemark: Sendable, Hashable {
    /// A warning: the run goes on, but the result may not be what was wanted.
    case warning(String)
    /// A fact for the summary and the provenance, by name: a rotation centre that was found.
    case fact(name: String, value: String)
}
