import Penstock

/// An event of the mixed stream: a person, an auction or a bid.
///
/// All kinds share the fields of one record of 64 bytes, a cache line, so that making and passing on an event is a few stores.
public struct NexmarkEvent: BitwiseCopyable, Sendable {
    /// What it is.
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// Someone new.
        case person
        /// Something new to buy.
        case auction
        /// An offer.
        case bid
    }

    /// What it is.
    public let kind: Kind
    let category: UInt8
    let city: UInt8
    let state: UInt8
    let id: Int64
    let other: Int64
    let price: Int64
    let reserve: Int64
    let time: Timestamp
    let expires: Timestamp
    let extra: TextSlice

    /// The bid, where the event is one.
    @inline(__always) public var bid: Bid {
        assert(kind == .bid, "not a bid")
        return Bid(auction: id, bidder: other, price: price, time: time, extra: extra)
    }

    /// The auction, where the event is one.
    @inline(__always) public var auction: Auction {
        assert(kind == .auction, "not an auction")
        return Auction(self)
    }

    /// The person, where the event is one.
    @inline(__always) public var person: Person {
        assert(kind == .person, "not a person")
        return Person(self)
    }

    /// A person's name stands where a bid has its bidder.
    var name: TextSlice { unsafeBitCast(other, to: TextSlice.self) }

    /// Event `n` of the stream.
    @inline(__always) init(seed: UInt64, event n: UInt64, text: TextPool) {
        let draws = Draws(seed: seed, event: n)
        let group = n / 50
        let place = n &- group &* 50
        if place >= 4 {
            self.init(Bid(draws, event: n, group: group))
        } else if place >= 1 {
            self.init(Auction(draws, event: n, group: group, place: place &- 1))
        } else {
            self.init(Person(draws, event: n, group: group, text: text))
        }
    }

    @inline(__always) private init(_ bid: Bid) {
        kind = .bid
        (category, city, state) = (0, 0, 0)
        (id, other, price, reserve) = (bid.auction, bid.bidder, bid.price, 0)
        (time, expires, extra) = (bid.time, bid.time, bid.extra)
    }

    @inline(__always) private init(_ auction: Auction) {
        kind = .auction
        (category, city, state) = (auction.category, 0, 0)
        (id, other, price, reserve) = (auction.id, auction.seller, auction.initialBid, auction.reserve)
        (time, expires, extra) = (auction.time, auction.expires, auction.extra)
    }

    @inline(__always) private init(_ person: Person) {
        kind = .person
        (category, city, state) = (0, person.city, person.state)
        (id, other, price, reserve) = (person.id, unsafeBitCast(person.name, to: Int64.self), 0, 0)
        (time, expires, extra) = (person.time, person.time, person.extra)
    }
}
