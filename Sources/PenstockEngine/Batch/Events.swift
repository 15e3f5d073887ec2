public import PenstockEvents

/// The events of a batch, for code that knows their type: a collection of values, each with its time.
///
/// Holding on to it keeps the batch's memory; copying a value out of it is always safe.
public struct Events<Value>: RandomAccessCollection {
    private let batch: Batch

    init(_ batch: Batch) {
        assert(batch.values.element.name == "\(Value.self)", "events of another type")
        self.batch = batch
    }

    /// One event.
    public struct Element {
        /// The value.
        public let value: Value
        /// The event time.
        public let time: Timestamp
    }

    /// The first position, 0.
    public var startIndex: Int { 0 }
    /// The number of events.
    public var endIndex: Int { batch.count }

    /// The event at `position`.
    public subscript(position: Int) -> Element {
        precondition(position >= 0 && position < batch.count, "event outside the batch")
        let row = batch.rows[position]
        return Element(
            value: batch.values.base.assumingMemoryBound(to: Value.self)[row],
            time: Timestamp(nanoseconds: batch.times.values[row]))
    }
}
