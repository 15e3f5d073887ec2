internal import PenstockEvents

/// What travels between stages, in order.
enum StreamElement: Sendable {
    /// Events, and the watermark of their input after them.
    case batch(Batch)
    /// The watermark of the input has risen without events.
    case watermark(Timestamp)
    /// A control record of the source: a scan begins or ends.
    case control(ControlRecord)
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

    /// What the run reports about this operator at its end.
    var statistics: OperatorStatistics { get }
}

extension Processor {
    var statistics: OperatorStatistics { OperatorStatistics() }
}

/// Counts of one operator.
public struct OperatorStatistics: Sendable, Hashable {
    /// Events that came too late for all of their windows.
    public var lateEvents = 0
    /// Windows of sliding events that had closed already, though others took the event.
    public var lateWindows = 0
    /// Events in no window, in the gaps of windows that are further apart than long.
    public var outsideEvents = 0

    /// The counts of two instances together.
    static func + (a: OperatorStatistics, b: OperatorStatistics) -> OperatorStatistics {
        OperatorStatistics(
            lateEvents: a.lateEvents + b.lateEvents, lateWindows: a.lateWindows + b.lateWindows,
            outsideEvents: a.outsideEvents + b.outsideEvents)
    }

    init(lateEvents: Int = 0, lateWindows: Int = 0, outsideEvents: Int = 0) {
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
