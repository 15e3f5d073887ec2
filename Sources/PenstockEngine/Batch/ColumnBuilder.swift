/// A column of values of a known type that grows while it is filled, with the times beside it.
///
/// Ownership: the columns own the memory; the builder writes to it until `take` hands them over. What it wrote before it goes away is ended
/// with its column.
public struct ColumnBuilder<Value>: ~Copyable {
    @usableFromInline var column: ValueColumn
    @usableFromInline var times: Column<Int64>
    @usableFromInline var values: UnsafeMutablePointer<Value>
    @usableFromInline var capacity: Int
    @usableFromInline var filled = 0
    /// Rows without a value, in order.
    private var holes: [Int] = []

    /// How many values there are.
    @inlinable public var count: Int { filled }

    /// A builder with room for `capacity` values; more room is made as needed.
    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        column = ValueColumn(ValueType(Value.self), capacity: self.capacity)
        times = Column(capacity: self.capacity)
        values = column.base.bindMemory(to: Value.self, capacity: self.capacity)
    }

    /// Appends a value with its time in nanoseconds.
    @inlinable @inline(__always) public mutating func append(_ value: consuming Value, time: Int64) {
        if filled == capacity { grow() }
        (values + filled).initialize(to: value)
        times.values[filled] = time
        filled &+= 1
    }

    /// Appends `number` values at once; `value` gives each with its time, by its place among them.
    @inlinable @inline(__always) public mutating func append(
        _ number: Int, _ value: (Int) -> (value: Value, nanoseconds: Int64)
    ) {
        while capacity - filled < number { grow() }
        // Pointers of our own, which the processor can keep in registers.
        let (newValues, newTimes) = (values + filled, times.values + filled)
        for place in 0..<number {
            let next = value(place)
            (newValues + place).initialize(to: next.value)
            newTimes[place] = next.nanoseconds
        }
        filled &+= number
    }

    @usableFromInline mutating func grow() {
        var larger = ColumnBuilder(capacity: capacity * 2)
        larger.values.moveInitialize(from: values, count: filled)
        larger.times.values.update(from: times.values, count: filled)
        larger.filled = filled
        larger.holes = holes
        filled = 0
        self = larger
    }

    /// Leaves a row without a value and without a time.
    mutating func appendHole() {
        if filled == capacity { grow() }
        holes.append(filled)
        times.values[filled] = .min
        filled += 1
    }

    /// The rows that have values, where some have none.
    var readable: Selection? {
        guard !holes.isEmpty else { return nil }
        let rows = Column<UInt32>(capacity: filled)
        var (count, rest) = (0, holes[...])
        for row in 0..<filled {
            if row == rest.first {
                rest.removeFirst()
            } else {
                rows.values[count] = UInt32(row)
                count += 1
            }
        }
        return Selection(rows, count: count)
    }

    /// Hands the columns over and starts anew with room for `capacity` values.
    mutating func take(capacity nextCapacity: Int) -> (values: ValueColumn, times: Column<Int64>, count: Int) {
        let taken = (column, times, filled)
        column.setInitialized(count: filled, live: readable)
        filled = 0
        self = ColumnBuilder(capacity: nextCapacity)
        return taken
    }

    deinit {
        if filled > 0 { column.setInitialized(count: filled, live: readable) }
    }
}
