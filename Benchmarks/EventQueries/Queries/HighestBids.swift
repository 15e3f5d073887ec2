import Penstock

/// The bid with the highest price of a window.
struct HighestBid: BitwiseCopyable, Sendable {
    let bid: Bid
}

/// q7: in each 10 seconds, the bids with the highest price.
func highestBids(_ input: QueryInput, into rows: ChecksumSink<[HighestBid]>) -> Flow<Closed> {
    Flow("q7") {
        bids(input)
        Tumbling(every: .seconds(10))
        Largest(by: { (bid: Bid) in bid.price }, ties: .all)
        Map { (window: Windowed<[Bid]>) in window.value.map(HighestBid.init) }
        To(rows)
    }
}

extension HighestBid: HashedRow {
    func hash(into hash: inout RowHash) {
        hash.add(bid.auction)
        hash.add(bid.price)
        hash.add(bid.bidder)
        hash.add(bid.time)
        hash.add(bid.extra)
    }
}
