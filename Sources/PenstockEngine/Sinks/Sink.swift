public import PenstockEvents

/// Where results go: a file, a picture, a collector in memory. Topics are sinks too, through `To(topic)`.
public protocol Sink<Input>: Sendable {
    /// The type of the events.
    associatedtype Input: Sendable

    /// What `explain` prints of the sink: its kind and its name, such as `HDF5 volume volume.h5`.
    var summary: String { get }

    /// Whether the result does not depend on the order of the events: they then come as they arrive, without waiting for each other.
    /// By default false: events of several origins come in canonical order.
    var takesAnyOrder: Bool { get }

    /// What becomes of rows where a run goes on from a checkpoint. By default the sink cannot go on.
    var delivery: SinkDelivery { get }

    /// Says early whether the sink could be opened: a file that exists already, a folder that is not there. Called before anything is read.
    func check(_ context: SinkContext) throws

    /// Begins to write. Called on a thread of its own, which may block.
    func open(_ context: SinkContext) throws -> any SinkWriter<Input>

    /// Goes on writing where a checkpoint left off; `state` is what the writer's `checkpoint` gave. What was written behind it is to be dropped.
    /// Where a run was broken off while its sinks came to their end, this one may have done so already.
    /// - Throws: By default that this sink cannot go on.
    func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<Input>
}

extension Sink {
    /// Cannot.
    public var delivery: SinkDelivery { .none }

    /// Cannot.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<Input> {
        throw SinkCannotGoOn(sink: summary)
    }
}

/// A run cannot go on from a checkpoint because a sink cannot.
struct SinkCannotGoOn: Diagnostic {
    let sink: String

    var summary: String { "\(sink) cannot go on from a checkpoint" }
    var hint: String? { "begin anew without the checkpoint" }
    var category: FailureCategory { .usage }
}

extension Sink {
    /// Canonical order.
    public var takesAnyOrder: Bool { false }
}

/// Writes the events of one run to a sink. The last call is a `finish` that succeeds, or `abandon`, also behind a `finish` that throws; or
/// `suspend` in their place where `checkpoint` gave a state.
public protocol SinkWriter<Input> {
    /// The type of the events.
    associatedtype Input: Sendable

    /// Writes some events, in order. May block.
    mutating func write(_ events: Events<Input>) throws

    /// Writes some events, in order; `rows` are their numbers among all of the stage, from 0, which with the context's `key(of:)` tell a
    /// receiver what it has already. By default the same as `write`.
    mutating func write(_ events: Events<Input>, rows: Range<UInt64>) throws

    /// A scan begins or ends at this place in the stream. By default nothing happens.
    mutating func control(_ record: ControlRecord) throws

    /// Everything before this place in the stream belongs to a checkpoint: keeps it, so that it survives the end of the process, and gives what
    /// `reopen` needs to go on from here. Nil, the default, for a sink that cannot go on: a run that goes on from the checkpoint says so then.
    mutating func checkpoint() throws -> [UInt8]?

    /// The run ends before the input does, and a checkpoint refers to what was written: lets go of it and leaves it where it is. By default
    /// nothing happens.
    mutating func suspend()

    /// The input has ended well: makes the output visible under its name.
    mutating func finish() throws

    /// The run has failed or was stopped: leaves nothing under the final name.
    mutating func abandon()
}

extension SinkWriter {
    /// Writes them.
    public mutating func write(_ events: Events<Input>, rows: Range<UInt64>) throws { try write(events) }

    /// Does nothing.
    public mutating func control(_ record: ControlRecord) throws {}

    /// Cannot go on.
    public mutating func checkpoint() throws -> [UInt8]? { nil }

    /// Does nothing.
    public mutating func suspend() {}
}

/// What a sink may know about the run it is part of.
public struct SinkContext: Sendable {
    /// The name of the sink's stage.
    public let stage: StageName
    /// Whether output that exists already may be replaced.
    public let overwrite: Bool
    /// Takes remarks for the user.
    public let report: @Sendable (RunRemark) -> Void
    /// Counts results for the progress line, by the name of what is counted, such as `slices`.
    public let count: @Sendable (_ name: String, _ number: Int) -> Void
    /// The name of the run in keys of rows; it stays the same over restarts from checkpoints.
    public var run = "run"

    /// What tells a row from all others, the same whenever it is sent again: the run, the stage, the output's partition and the row's number.
    public func key(of row: UInt64) -> String { "\(run)/\(stage)/0/\(row)" }
}

/// A sink without its type, as the plan holds it.
public struct AnySink: Sendable {
    let input: ValueType
    let summary: String
    let takesAnyOrder: Bool
    let delivery: SinkDelivery
    let check: @Sendable (SinkContext) throws -> Void
    let open: @Sendable (SinkContext) throws -> any SinkDrain
    let reopen: @Sendable (SinkContext, [UInt8]) throws -> any SinkDrain
    /// The sink itself, for tests that look into it.
    package let base: any Sendable

    /// A sink.
    public init<S: Sink>(_ sink: S) {
        base = sink
        input = ValueType(S.Input.self)
        summary = sink.summary
        takesAnyOrder = sink.takesAnyOrder
        delivery = sink.delivery
        check = { try sink.check($0) }
        open = { WriterDrain(try sink.open($0)) }
        reopen = { WriterDrain(try sink.reopen($0, from: $1)) }
    }
}

/// Takes batches for a sink, not knowing the type of their values.
protocol SinkDrain {
    mutating func write(_ batch: Batch, firstRow: UInt64) throws
    mutating func control(_ record: ControlRecord) throws
    mutating func checkpoint() throws -> [UInt8]?
    mutating func suspend()
    mutating func finish() throws
    mutating func abandon()
}

private struct WriterDrain<Input: Sendable>: SinkDrain {
    private var writer: any SinkWriter<Input>

    init(_ writer: any SinkWriter<Input>) { self.writer = writer }

    mutating func write(_ batch: Batch, firstRow: UInt64) throws {
        try writer.write(Events(batch), rows: firstRow..<firstRow + UInt64(batch.count))
    }
    mutating func control(_ record: ControlRecord) throws { try writer.control(record) }
    mutating func checkpoint() throws -> [UInt8]? { try writer.checkpoint() }
    mutating func suspend() { writer.suspend() }
    mutating func finish() throws { try writer.finish() }
    mutating func abandon() { writer.abandon() }
}
