public import Penstock

/// Someone who sells and bids.
public struct Person: BitwiseCopyable, Sendable, Hashable {
    /// The person's number.
    public var id: Int64
    /// First and last name.
    public var name: TextSlice
    /// The number of the city.
    public var city: UInt8
    /// The number of the state.
    public var state: UInt8
    /// When they came.
    public var time: Timestamp
    /// More that belongs to them.
    public var extra: TextSlice

    /// The person who is event `n`, the first of the group of 50 events with the number `group`.
    @inline(__always) init(_ draws: Draws, event n: UInt64, group: UInt64, text: TextPool) {
        id = Int64(bitPattern: 1000 &+ group)
        name = text.name(first: draws.below(11, 2), last: draws.below(9, 3))
        city = UInt8(truncatingIfNeeded: draws.below(10, 4))
        state = UInt8(truncatingIfNeeded: draws.below(6, 5))
        time = draws.time(event: n, rate: NexmarkSource.rate)
        extra = draws.extra(96, 64)
    }

    @inline(__always) init(_ event: NexmarkEvent) {
        id = event.id
        name = event.name
        city = event.city
        state = event.state
        time = event.time
        extra = event.extra
    }

    /// By draw `k`, the number (less 1000) of one of the last thousand persons up to `last`, or of the ten who come next.
    @inline(__always) static func any(upTo last: UInt64, _ draws: Draws, _ k: UInt64) -> UInt64 {
        let number = last &+ 1
        let active = min(number, 1000)
        return number &- active &+ draws.below(active &+ 10, k)
    }
}
