public import PenstockEvents

/// Which records of a recorded scan a replay reads: from one place, up to but not with another.
///
/// What begins and ends the scan, and marks of time, are read in any case.
public struct ReplayBounds: Sendable, Hashable {
    /// A place in a topic.
    public enum Place: Sendable, Hashable {
        /// A record's place among those of its partition.
        case offset(UInt64)
        /// An instant that event times lie before or behind, in whatever order the records are.
        case time(Timestamp)
    }

    /// The first record, or the earliest time; nil for the beginning.
    public var from: Place?
    /// The first record that is not read any more, or the earliest time that is not; nil for the end.
    public var to: Place?
    /// The topic that is meant; nil for all that are replayed.
    public var topic: String?

    /// Bounds.
    public init(from: Place? = nil, to: Place? = nil, topic: String? = nil) {
        (self.from, self.to, self.topic) = (from, to, topic)
    }

    /// Whether a record is read.
    func contains(offset: UInt64, nanoseconds: Int64) -> Bool {
        func isBefore(_ place: Place) -> Bool {
            switch place {
            case .offset(let bound): offset < bound
            case .time(let bound): nanoseconds < bound.nanoseconds
            }
        }
        if let from, isBefore(from) { return false }
        return to.map(isBefore) ?? true
    }

    /// Refuses bounds between which nothing can be.
    /// - Parameter topics: The topics that the plan replays.
    func check(_ topics: [String]) throws(EngineError) {
        let isEmpty =
            switch (from, to) {
            case (.offset(let from), .offset(let to)): from >= to
            case (.time(let from), .time(let to)): from.nanoseconds >= to.nanoseconds
            default: false
            }
        guard !isEmpty else {
            throw .option(
                problem: "nothing lies between \(Self.text(from)) and \(Self.text(to))",
                hint: "--from is read, --to is not: give a later --to")
        }
        guard topic == nil, topics.count > 1 else { return }
        for case .offset(let offset)? in [from, to] {
            throw .option(
                problem: "\(offset) is an offset of one topic, and \(topics.joined(separator: ", ")) are replayed",
                hint: "say which one with --topic, or give an event time")
        }
    }

    /// Refuses offsets that a scan does not reach.
    /// - Parameter end: The offset behind its last record.
    func check(_ scan: RecordedScan, end: UInt64, of topic: String) throws(EngineError) {
        func refuse(_ offset: UInt64) -> EngineError {
            .option(
                problem:
                    "scan \(scan.scan) of the topic \(topic) has the offsets \(scan.startOffset) to \(end): none is read",
                hint: "\(offset) lies outside; `penstock topic dump \(topic)` shows what there is")
        }
        if case .offset(let from)? = from, from >= end { throw refuse(from) }
        if case .offset(let to)? = to, to <= scan.startOffset { throw refuse(to) }
    }

    private static func text(_ place: Place?) -> String {
        switch place {
        case .offset(let offset): "\(offset)"
        case .time(let time): time.iso8601
        case nil: "the ends"
        }
    }
}
