public import PenstockEvents

/// Where an event stands in canonical order: by effective time, then by origin, then by sequence.
public struct EventPlace: Sendable, Hashable, Comparable, BitwiseCopyable {
    /// The time of the event in nanoseconds.
    public let nanoseconds: Int64
    /// The effective time in nanoseconds: that of the event unless it is further out of order than its source's bound allows.
    public let effectiveNanoseconds: Int64
    /// Where the event comes from.
    public let origin: Origin
    /// The number of the event within its origin.
    public let sequence: UInt64

    /// A place.
    @inlinable public init(nanoseconds: Int64, effectiveNanoseconds: Int64, origin: Origin, sequence: UInt64) {
        self.nanoseconds = nanoseconds
        self.effectiveNanoseconds = effectiveNanoseconds
        self.origin = origin
        self.sequence = sequence
    }

    /// The time of the event.
    @inlinable public var time: Timestamp { Timestamp(nanoseconds: nanoseconds) }

    /// By effective time, then by origin, then by sequence.
    @inlinable public static func < (a: EventPlace, b: EventPlace) -> Bool {
        if a.effectiveNanoseconds != b.effectiveNanoseconds { return a.effectiveNanoseconds < b.effectiveNanoseconds }
        if a.origin != b.origin { return a.origin < b.origin }
        return a.sequence < b.sequence
    }
}
