public import Penstock

/// An offer for what is sold in an auction.
public struct Bid: BitwiseCopyable, Sendable, Hashable {
    /// The auction's number.
    public var auction: Int64
    /// The person's number.
    public var bidder: Int64
    /// The price in cents.
    public var price: Int64
    /// When it was made.
    public var time: Timestamp
    /// More that belongs to it.
    public var extra: TextSlice

    /// The bid that is event `n`, in the group of 50 events with the number `group`.
    @inline(__always) init(_ draws: Draws, event n: UInt64, group: UInt64) {
        let lastAuction = group &* 3 &+ 2
        let oldest = lastAuction < 100 ? 0 : lastAuction &- 100
        let hotAuction = lastAuction / 100 &* 100
        let anyAuction = oldest &+ draws.below(lastAuction &- oldest &+ 11, 3)
        let hotBidder = group / 100 &* 100 &+ 1
        let anyBidder = Person.any(upTo: group, draws, 5)
        auction = Int64(bitPattern: 1000 &+ (draws.below(2, 2) > 0 ? hotAuction : anyAuction))
        bidder = Int64(bitPattern: 1000 &+ (draws.below(4, 4) > 0 ? hotBidder : anyBidder))
        price = Int64(bitPattern: draws.price(6))
        time = draws.time(event: n, rate: NexmarkSource.rate)
        extra = draws.extra(54, 28)
    }

    @inline(__always) init(auction: Int64, bidder: Int64, price: Int64, time: Timestamp, extra: TextSlice) {
        self.auction = auction
        self.bidder = bidder
        self.price = price
        self.time = time
        self.extra = extra
    }
}
