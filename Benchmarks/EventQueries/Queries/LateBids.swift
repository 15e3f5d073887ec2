import Penstock

/// late: the bids of each auction in each 10 seconds, of a source that breaks its promise: a watermark 2 seconds behind the latest bid, while
/// bids come up to 5 seconds late.
///
/// One partition whatever the parallelism, so that which bids are late does not depend on it.
func lateBids(_ input: QueryInput, into rows: ChecksumSink<AuctionCount>) -> Flow<Closed> {
    Flow("late") {
        From(NexmarkSource(events: input.events, seed: input.seed, stop: input.stop))
        Filter { (event: NexmarkEvent) in event.kind == .bid }
        Map { (event: NexmarkEvent) in event.bid }
        Watermark(.bounded(by: .seconds(2)))
        KeyBy(\Bid.auction)
        Tumbling(every: .seconds(10))
        Count()
        Map { (row: Counted<Int64>) in
            AuctionCount(auction: row.key, windowEnd: row.window.end, bids: Int64(row.count))
        }
        To(rows)
    }
}

/// How many bids an auction had in a window.
struct AuctionCount: BitwiseCopyable, Sendable {
    let auction: Int64
    let windowEnd: Timestamp
    let bids: Int64
}

extension AuctionCount: HashedRow {
    /// Auction, end of the window, count.
    @inline(__always) func hash(into hash: inout RowHash) {
        hash.add(auction)
        hash.add(windowEnd)
        hash.add(bids)
    }
}
