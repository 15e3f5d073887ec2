public import PenstockEvents

/// The events of a batch, for code that knows their type: a collection of values, each with its time.
///
/// Holding on to it keeps the batch's memory; copying a value out of it is always safe. The pointers are into columns that the batch owns.
public struct Events<Value>: RandomAccessCollection {
    @usableFromInline let batch: Batch
    @usableFromInline let values: UnsafePointer<Value>
    @usableFromInline let times: UnsafePointer<Int64>
    @usableFromInline let rows: Rows

    init(_ batch: Batch) {
        assert(batch.values.element.name == "\(Value.self)", "events of another type")
        self.batch = batch
        values = UnsafePointer(batch.values.base.assumingMemoryBound(to: Value.self))
        times = UnsafePointer(batch.times.values)
        rows = batch.rows
    }

    /// One event.
    public struct Element {
        /// The value.
        public let value: Value
        /// The event time.
        public let time: Timestamp

        @inlinable @inline(__always) init(value: Value, time: Timestamp) {
            self.value = value
            self.time = time
        }
    }

    /// The first position, 0.
    @inlinable public var startIndex: Int { 0 }
    /// The number of events.
    @inlinable public var endIndex: Int { rows.count }

    /// The event at `position`.
    @inlinable public subscript(position: Int) -> Element {
        precondition(position >= 0 && position < rows.count, "event outside the batch")
        return withExtendedLifetime(batch) { event(rows[position]) }
    }

    /// Calls `body` with each event in order: the fastest way through a batch, a loop over its columns.
    @inlinable @inline(__always) public func forEachEvent<Failure: Error>(
        _ body: (_ value: Value, _ time: Timestamp) throws(Failure) -> Void
    ) throws(Failure) {
        defer { withExtendedLifetime(batch) {} }
        if let indices = rows.indices {
            for k in 0..<rows.count {
                let next = event(Int(indices[k]))
                try body(next.value, next.time)
            }
        } else {
            for row in 0..<rows.count {
                let next = event(row)
                try body(next.value, next.time)
            }
        }
    }

    @inlinable @inline(__always) func event(_ row: Int) -> Element {
        Element(value: values[row], time: Timestamp(nanoseconds: times[row]))
    }
}
