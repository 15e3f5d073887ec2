import Penstock

/// The price that was offered in an auction.
struct AuctionPrice: BitwiseCopyable, Sendable {
    let auction: Int64
    let price: Int64
}

/// q2: the prices offered in some auctions, the multiples of 123.
func selection(_ input: QueryInput, into rows: ChecksumSink<AuctionPrice>) -> Flow<Closed> {
    Flow("q2") {
        bids(input)
        Filter { (bid: Bid) in bid.auction % 123 == 0 }
        Map { (bid: Bid) in AuctionPrice(auction: bid.auction, price: bid.price) }
        To(rows)
    }
}

extension AuctionPrice: HashedRow {
    @inline(__always) func hash(into hash: inout RowHash) {
        hash.add(auction)
        hash.add(price)
    }
}
