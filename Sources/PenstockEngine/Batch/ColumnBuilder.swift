/// A column of values of a known type that grows while it is filled, with the times beside it.
///
/// Ownership: the builder owns both memories until `finish` hands them to a batch, or until it goes away.
public struct ColumnBuilder<Value>: ~Copyable {
    @usableFromInline var values: UnsafeMutablePointer<Value>
    @usableFromInline var times: Column<Int64>
    @usableFromInline var capacity: Int

    @usableFromInline var filled: Int

    /// How many values there are.
    @inlinable public var count: Int { filled }

    /// A builder with room for `capacity` values; more room is made as needed.
    @inlinable public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        values = .allocate(capacity: self.capacity)
        times = Column(capacity: self.capacity)
        filled = 0
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
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity * 2)
        let largerTimes = Column<Int64>(capacity: capacity * 2)
        larger.moveInitialize(from: values, count: count)
        largerTimes.values.update(from: times.values, count: count)
        values.deallocate()
        values = larger
        times = largerTimes
        capacity *= 2
    }

    /// Hands the columns over and starts anew with room for `capacity` values.
    mutating func take(capacity nextCapacity: Int) -> (values: ValueColumn, times: Column<Int64>, count: Int) {
        let column = ValueColumn(ValueType(Value.self), adopting: UnsafeMutableRawPointer(values), count: count)
        defer {
            capacity = max(nextCapacity, 1)
            values = .allocate(capacity: capacity)
            times = Column(capacity: capacity)
            filled = 0
        }
        return (column, times, count)
    }

    deinit {
        values.deinitialize(count: count)
        values.deallocate()
    }
}
