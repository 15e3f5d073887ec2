import Penstock

/// The bids of the mixed stream, with which most queries begin.
func bids(_ input: QueryInput) -> Flow<Stream<Bid>> {
    Flow("bids") {
        From(NexmarkSource(events: input.events, seed: input.seed, partitions: input.partitions, stop: input.stop))
        Filter { (event: NexmarkEvent) in event.kind == .bid }
        Map { (event: NexmarkEvent) in event.bid }
    }
}

extension Bid: HashedRow {
    /// Auction, bidder, price, time, extra.
    @inline(__always) public func hash(into hash: inout RowHash) {
        hash.add(auction)
        hash.add(bidder)
        hash.add(price)
        hash.add(time)
        hash.add(extra)
    }
}
