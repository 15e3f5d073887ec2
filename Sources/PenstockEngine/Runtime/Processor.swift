internal import PenstockEvents

/// What travels between stages, in order.
enum StreamElement: Sendable {
    /// Events, and the watermark of their input after them.
    case batch(Batch)
    /// The watermark of the input has risen without events.
    case watermark(Timestamp)
    /// A control record of the source: a scan begins or ends.
    case control(ControlRecord)
    /// Everything before it belongs to the checkpoint with this number, nothing behind it does. Processors do not see it: a stage
    /// takes their snapshots and passes it on.
    case barrier(UInt64)
    /// The input has ended: its watermark is plus infinity and nothing follows.
    case end
}

/// One operator inside a stage, driven element by element: `accept` once, then `next` until it gives nil.
///
/// `next` makes output piece by piece, so that a stage that answers one element with very much output still waits for its
/// consumers between the pieces.
protocol Processor {
    /// Takes one element.
    /// - Throws: `EngineError` that names the stage and the event.
    mutating func accept(_ element: StreamElement) throws

    /// The next piece of output that follows from what was accepted, or nil when there is no more.
    mutating func next() throws -> StreamElement?

    /// Somebody reads these sides. Called before anything else; without it nothing is kept for any side.
    mutating func connect(_ sides: Set<SidePort>)

    /// What fails is told to `failures`, which knows what becomes of it. Called before anything else.
    mutating func report(to failures: FailedEvents)

    /// Events that leave at the side, or nil when there are no more. Asked for right behind `accept` and each `next`, and only for sides that
    /// somebody reads.
    mutating func takeSide() -> (port: SidePort, batch: Batch)?

    /// How far behind the watermark of the input events may leave at the side, in nanoseconds, so that they are not late there.
    var sideDelay: Int64 { get }

    /// Whether the watermark goes on by a clock of the operator's own, though its input may be idle.
    var keepsTime: Bool { get }

    /// Whether the operator also works when nothing comes: for the run's clock or for what it waits for elsewhere. Such an operator stands
    /// behind channels.
    var isWaking: Bool { get }

    /// What wakes the stage, from any thread. Called once, before anything else; of operators that wake only.
    mutating func begin(with waker: Waker) throws

    /// The instant of the run's clock at which the operator wants to be woken, or nil. Asked for whenever the stage is about to wait.
    var wakeInstant: Int64? { get }

    /// Whether something will wake the operator that is not the run's clock, such as an answer from elsewhere.
    var awaitsOthers: Bool { get }

    /// Whether the operator takes a further element. One that does not is woken until it does; one that has taken the end, until it has
    /// given it out.
    var takesMore: Bool { get }

    /// Whether something will come out though nothing comes in: of operators that wake.
    var isHolding: Bool { get }

    /// Somebody has woken the stage, or the clock has come to an instant that one of its operators wanted to be woken at; what follows from
    /// it `takeSide` and `next` give. May be called without a reason.
    mutating func wake(at now: Int64) throws

    /// The run ends: ends what the operator has begun elsewhere, and waits until it has.
    func close() async

    /// Writes down what the operator knows, so that another one in its place can go on. Called between elements.
    func snapshot(into state: inout StateWriter) throws

    /// Brings back what `snapshot` wrote: the chunks of the key groups of this instance, and those that belong to none.
    mutating func restore(_ state: [StateChunk]) throws

    /// What the run reports about this operator at its end.
    var statistics: OperatorStatistics { get }

    /// Whether events that are late are counted while their batch is accepted, so that it is known where they came from.
    var countsLateAtArrival: Bool { get }

    /// How much the operator keeps. Asked for now and then, between elements.
    func measure() -> StateMeasure
}

extension Processor {
    mutating func connect(_ sides: Set<SidePort>) {}

    mutating func report(to failures: FailedEvents) {}

    mutating func takeSide() -> (port: SidePort, batch: Batch)? { nil }

    var sideDelay: Int64 { 0 }

    var keepsTime: Bool { false }

    var isWaking: Bool { false }

    mutating func begin(with waker: Waker) throws {}

    var wakeInstant: Int64? { nil }

    var awaitsOthers: Bool { false }

    var takesMore: Bool { true }

    var isHolding: Bool { false }

    mutating func wake(at now: Int64) throws {}

    func close() async {}

    func snapshot(into state: inout StateWriter) throws {}

    mutating func restore(_ state: [StateChunk]) throws {}

    var statistics: OperatorStatistics { OperatorStatistics() }

    var countsLateAtArrival: Bool { true }

    func measure() -> StateMeasure { StateMeasure() }
}

/// Counts of one operator.
public struct OperatorStatistics: Sendable, Hashable {
    /// Events that came too late for all of their windows.
    public var lateEvents = 0
    /// Windows of sliding events that had closed already, though others took the event.
    public var lateWindows = 0
    /// Events in no window, in the gaps of windows that are further apart than long.
    public var outsideEvents = 0
    /// Events of a source that are further in the future than it allows.
    public var futureEvents = 0
    /// Events that a lossy edge in front of the stage did not keep.
    public var droppedEvents = 0
    /// Events and rows that the stage left out because it failed for them, by its error policy.
    public var skippedEvents = 0
    /// Events whose answers were remembered, or asked for by another event of their key. A run that goes on from a checkpoint counts from zero.
    public var rememberedEvents = 0
    /// Events of a stage that remembers answers for which somebody was asked. Counted as `rememberedEvents`.
    public var askedEvents = 0

    /// The counts of two instances together.
    package static func + (a: OperatorStatistics, b: OperatorStatistics) -> OperatorStatistics {
        OperatorStatistics(
            lateEvents: a.lateEvents + b.lateEvents, lateWindows: a.lateWindows + b.lateWindows,
            outsideEvents: a.outsideEvents + b.outsideEvents, futureEvents: a.futureEvents + b.futureEvents,
            droppedEvents: a.droppedEvents + b.droppedEvents, skippedEvents: a.skippedEvents + b.skippedEvents,
            rememberedEvents: a.rememberedEvents + b.rememberedEvents, askedEvents: a.askedEvents + b.askedEvents)
    }

    package init(
        lateEvents: Int = 0, lateWindows: Int = 0, outsideEvents: Int = 0, futureEvents: Int = 0,
        droppedEvents: Int = 0, skippedEvents: Int = 0, rememberedEvents: Int = 0, askedEvents: Int = 0
    ) {
        self.droppedEvents = droppedEvents
        self.skippedEvents = skippedEvents
        self.rememberedEvents = rememberedEvents
        self.askedEvents = askedEvents
        self.futureEvents = futureEvents
        self.lateEvents = lateEvents
        self.lateWindows = lateWindows
        self.outsideEvents = outsideEvents
    }
}

/// The output of a processor that answers each element with one.
struct ElementSlot {
    private var element: StreamElement?

    mutating func put(_ element: StreamElement) { self.element = element }

    mutating func take() -> StreamElement? {
        defer { element = nil }
        return element
    }
}
