public import PenstockEvents

/// Where an event stands in canonical order: by effective time, then by origin, then by sequence.
public struct EventPlace: Sendable, Hashable, Comparable, BitwiseCopyable {
    /// The time of the event in nanoseconds.
    public let nanoseconds: Int64
    /// The effective time in nanoseconds: that of the event unless it is further out of order than its source's bound allows.
    public let effectiveNanoseconds: Int64
    /// Where the event comes from.
    public let origin: Origin
    /// The canonical integer of the key, where the sequence begins with one: that of a row of a keyed stage; otherwise 0.
    public let key: UInt64
    /// The number of the event within its origin, or within its key.
    public let sequence: UInt64

    /// A place.
    @inlinable public init(
        nanoseconds: Int64, effectiveNanoseconds: Int64, origin: Origin, key: UInt64 = 0, sequence: UInt64
    ) {
        self.nanoseconds = nanoseconds
        self.effectiveNanoseconds = effectiveNanoseconds
        self.origin = origin
        self.key = key
        self.sequence = sequence
    }

    /// The time of the event.
    @inlinable public var time: Timestamp { Timestamp(nanoseconds: nanoseconds) }

    /// By effective time, then by origin, then by sequence.
    @inlinable public static func < (a: EventPlace, b: EventPlace) -> Bool {
        if a.effectiveNanoseconds != b.effectiveNanoseconds { return a.effectiveNanoseconds < b.effectiveNanoseconds }
        return a.comesBeforeInOrigin(b)
    }

    /// By origin, then by sequence: that of a keyed stage's rows begins with their times and keys.
    @inlinable func comesBeforeInOrigin(_ other: EventPlace) -> Bool {
        if origin != other.origin { return origin < other.origin }
        if origin.isKeyed {
            if nanoseconds != other.nanoseconds { return nanoseconds < other.nanoseconds }
            if key != other.key { return key < other.key }
        }
        return sequence < other.sequence
    }
}
