internal import PenstockEvents

/// The states of one slice of time and one origin.
final class StateSlice {
    let start: Int64
    let end: Int64
    let origin: Origin
    var slots = SlotTable()

    init(start: Int64, end: Int64, origin: Origin) {
        self.start = start
        self.end = end
        self.origin = origin
    }

    var part: SlicePart { SlicePart(slice: start, origin: origin) }

    var span: WindowSpan { WindowSpan(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: end)) }
}

/// A slice and an origin: the unit of the fixed order in which states are merged.
struct SlicePart: Hashable, Comparable {
    let slice: Int64
    let origin: Origin

    static func < (a: SlicePart, b: SlicePart) -> Bool { (a.slice, a.origin) < (b.slice, b.origin) }
}

/// An event further out of order than its source's bound allows, which some window may still take. The batch has this row alone.
struct BehindRow {
    let batch: Batch
    let code: UInt64
    let slice: Int64
    /// The watermark of its partition just before it was read.
    let watermark: Int64

    var part: SlicePart { SlicePart(slice: slice, origin: batch.origin) }
}
