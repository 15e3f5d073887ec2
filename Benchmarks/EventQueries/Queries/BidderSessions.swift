import Penstock

/// A time in which a person bids again and again.
struct BidderSession: BitwiseCopyable, Sendable {
    let bidder: Int64
    let bids: Int64
    let start: Timestamp
    let end: Timestamp
}

/// q11: the bids of each person in sessions, by default with a gap of 10 seconds.
func bidderSessions(
    _ input: QueryInput, gap: Duration = .seconds(10), into rows: ChecksumSink<BidderSession>
) -> Flow<Closed> {
    Flow("q11") {
        bids(input)
        KeyBy(\Bid.bidder)
        Session(gap: gap)
        Count()
        Map { (row: Counted<Int64>) in
            BidderSession(bidder: row.key, bids: Int64(row.count), start: row.window.start, end: row.window.end)
        }
        To(rows)
    }
}

extension BidderSession: HashedRow {
    @inline(__always) func hash(into hash: inout RowHash) {
        hash.add(bidder)
        hash.add(bids)
        hash.add(start)
        hash.add(end)
    }
}
