import Penstock

/// q0: every bid as it is.
func passThrough(_ input: QueryInput, into rows: ChecksumSink<Bid>) -> Flow<Closed> {
    Flow("q0") {
        bids(input)
        To(rows)
    }
}
