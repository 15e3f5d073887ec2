import Penstock

/// q1: every bid, its price in thousandths of a euro cent.
func currencyConversion(_ input: QueryInput, into rows: ChecksumSink<Bid>) -> Flow<Closed> {
    Flow("q1") {
        bids(input)
        Map { (bid: Bid) in
            Bid(auction: bid.auction, bidder: bid.bidder, price: bid.price &* 908, time: bid.time, extra: bid.extra)
        }
        To(rows)
    }
}
