public import PenstockEvents

/// What an event says of the scan of its lane.
public enum ScanMark<ID: EventKey>: Sendable, Hashable {
    /// It is an event of a scan, or of none.
    case data
    /// A scan begins at the time of the event.
    case begin(ID)
    /// The scan ends at the time of the event, which does not belong to it.
    case end(ID)
}

/// The events of a scan.
public struct Scan<ID: EventKey, Value: Sendable>: Sendable {
    /// What the event that opened the scan called it.
    public let id: ID
    /// From the begin of the scan to its end.
    public let window: WindowSpan
    /// The events in canonical order.
    public let events: [Value]
    /// Whether the scan was closed by its own end; false where the next scan or its longest duration has closed it, and at the end of input.
    public let isComplete: Bool

    /// A scan.
    public init(id: ID, window: WindowSpan, events: [Value], isComplete: Bool) {
        self.id = id
        self.window = window
        self.events = events
        self.isComplete = isComplete
    }
}

/// A scan that has ended before it has begun.
struct EmptyScan: Diagnostic {
    let stage: StageName
    let id: String
    let begin: Int64

    var summary: String { "stage \(stage): the scan \(id) begins at \(begin) ns, but has ended by then" }
    var hint: String? { "a scan must last: its end marker needs a later time than its begin marker" }
    var category: FailureCategory { .data }
}

extension AnyOperator {
    /// Scans by time of events that `mark` tells apart. With keys each key is a lane with scans of its own, without keys there is one lane.
    /// - Parameter maxDuration: The longest duration of a scan in nanoseconds, at which it is closed; nil for none.
    public init<Lane: EventKey, ID: EventKey, Value: Sendable>(
        scansOf lanes: Lane.Type, isKeyed: Bool, maxDuration: Int64?,
        _ mark: @escaping @Sendable (Value) -> ScanMark<ID>
    ) {
        self.init(ordered: ScansByTime<Lane, ID, Value>(mark: mark, maxDuration: maxDuration), isKeyed: isKeyed)
        sides = [.late: ValueType(Value.self), .outside: ValueType(Value.self)]
        if let maxDuration, maxDuration <= 0 || maxDuration > TimeWindows.longest {
            defect = "the longest duration of a scan must lie between 1 ns and 2^60 ns (36 years)"
        }
    }

    /// Scans of the keys of a stream, which end by count, of events that `part` tells apart.
    /// - Parameter producers: How many producers a scan has whose begin does not list them.
    public init<ID: EventKey, Value: Sendable>(
        countedScansOf scans: ID.Type, producers: Int, _ part: @escaping @Sendable (Value) -> ScanPart
    ) {
        self.init(ordered: ScansByCount<ID, Value>(part: part, producers: producers), isKeyed: true)
        sides = [.surplus: ValueType(Value.self)]
        if producers < 1 { defect = "a scan needs at least one producer" }
    }
}

extension Scan: Codable where ID: Codable, Value: Codable {}
