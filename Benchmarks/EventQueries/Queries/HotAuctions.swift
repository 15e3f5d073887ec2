import Penstock

/// An auction with the most bids of a window.
struct HotAuction: BitwiseCopyable, Sendable {
    let windowEnd: Timestamp
    let auction: Int64
    let bids: Int64

    init(_ counted: Counted<Int64>) {
        windowEnd = counted.window.end
        auction = counted.key
        bids = Int64(counted.count)
    }
}

/// q5: in each 10 seconds, every 2 seconds, the auctions with the most bids.
///
/// A row of a sliding window has the window's last instant as its time, so that a tumbling window of 2 seconds holds the rows of
/// exactly one.
func hotAuctions(_ input: QueryInput, into rows: ChecksumSink<[HotAuction]>) -> Flow<Closed> {
    Flow("q5") {
        bids(input)
        KeyBy(\Bid.auction)
        Sliding(.seconds(10), every: .seconds(2))
        Count()
        Tumbling(every: .seconds(2))
        Largest(by: { (row: Counted<Int64>) in row.count }, ties: .all)
        Map { (window: Windowed<[Counted<Int64>]>) in window.value.map(HotAuction.init) }
        To(rows)
    }
}

extension HotAuction: HashedRow {
    func hash(into hash: inout RowHash) {
        hash.add(windowEnd)
        hash.add(auction)
        hash.add(bids)
    }
}
