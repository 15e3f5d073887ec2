/// How far a partition is committed, and the segment that holds the end.
struct CommittedPosition: Sendable, Equatable {
    /// The offset up to which readers may read: behind the last committed record, or where an open transaction begins.
    var nextOffset: UInt64
    /// The segment of the last acknowledged record; nil while there is none.
    var segment: SegmentName?
    /// The offset behind the last acknowledged record, with the rows of an open transaction.
    var acknowledged: UInt64

    init(nextOffset: UInt64, segment: SegmentName?, acknowledged: UInt64? = nil) {
        self.nextOffset = nextOffset
        self.segment = segment
        self.acknowledged = acknowledged ?? nextOffset
    }
}
