public import PenstockEvents

/// Where reading begins.
public enum ReadPosition: Sendable, Hashable {
    /// At this offset.
    case offset(UInt64)
    /// At the earliest record that is still there.
    case earliest
    /// Behind the last committed record.
    case end
    /// At the first record whose event time is at or behind this one: in the first batch that has such a record, the first of them.
    /// Everything before it is earlier. The end of what is committed where there is none.
    case time(Timestamp)
}
