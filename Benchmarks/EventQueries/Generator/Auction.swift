public import Penstock

/// Something that a person sells to the highest bidder.
public struct Auction: BitwiseCopyable, Sendable, Hashable {
    /// Its number.
    public var id: Int64
    /// The number of the person who sells.
    public var seller: Int64
    /// The kind of thing.
    public var category: UInt8
    /// The first price in cents.
    public var initialBid: Int64
    /// The price in cents below which it is not sold.
    public var reserve: Int64
    /// When it began.
    public var time: Timestamp
    /// When it ends.
    public var expires: Timestamp
    /// More that belongs to it.
    public var extra: TextSlice

    /// The auction that is event `n`, the one with the number `place` of the group of 50 events.
    @inline(__always) init(_ draws: Draws, event n: UInt64, group: UInt64, place: UInt64) {
        let hotSeller = group / 100 &* 100
        let begin = draws.time(event: n, rate: NexmarkSource.rate)
        id = Int64(bitPattern: 1000 &+ group &* 3 &+ place)
        seller = Int64(bitPattern: 1000 &+ (draws.below(4, 2) > 0 ? hotSeller : Person.any(upTo: group, draws, 3)))
        category = UInt8(truncatingIfNeeded: 10 &+ draws.below(5, 4))
        initialBid = Int64(bitPattern: draws.price(5))
        reserve = initialBid &+ Int64(bitPattern: draws.price(7))
        time = begin
        expires = Timestamp(
            milliseconds: begin.milliseconds &+ 1
                &+ Int64(bitPattern: draws.below(max(2 * (1666 / NexmarkSource.rate), 1), 9)))
        extra = draws.extra(368, 128)
    }

    @inline(__always) init(_ event: NexmarkEvent) {
        id = event.id
        seller = event.other
        category = event.category
        initialBid = event.price
        reserve = event.reserve
        time = event.time
        expires = event.expires
        extra = event.extra
    }
}
