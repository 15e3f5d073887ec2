internal import PenstockEvents

/// How the partitions of a source are read together, and which of their events are refused.
public struct SourceReading: Sendable, Hashable {
    /// A partition that had nothing to read for so long, in nanoseconds, is left out of the watermark until it has; nil for never.
    public var idleAfter: Int64?
    /// How far, in nanoseconds, the watermark of a partition may be ahead of the least one before it waits for it; nil for any distance.
    public var maxDrift: Int64?
    /// An event whose time is further than so many nanoseconds behind the time at which it was appended is refused; nil for no limit.
    public var maxAhead: Int64?
    /// Whether a topic is read on behind its last record, until its stream ends.
    public var follows = false

    /// Nothing of all that.
    public init() {}

    /// What holds for topics unless somebody says otherwise: a partition is at most 60 s of event time ahead of the others, and an event at
    /// most a minute ahead of the clock by which it was appended.
    public static let topic: SourceReading = {
        var reading = SourceReading()
        reading.maxDrift = 60_000_000_000
        reading.maxAhead = 60_000_000_000
        return reading
    }()

    /// What is wrong with the durations, or nil; `isTopic` says whether events carry the time at which they were appended.
    func defect(isTopic: Bool, hasFutureSide: Bool) -> String? {
        for duration in [idleAfter, maxDrift, maxAhead].compactMap(\.self)
        where duration < 0 || duration > TimeWindows.longest {
            return "how it is read: durations must lie between 0 and 2^60 ns (36 years), but one is \(duration) ns"
        }
        if maxAhead != nil || hasFutureSide, !isTopic {
            return "only the events of a topic carry the time of a clock that could tell which are in the future"
        }
        if follows, !isTopic { return "only a topic can be followed; other sources say themselves where they end" }
        return nil
    }
}
