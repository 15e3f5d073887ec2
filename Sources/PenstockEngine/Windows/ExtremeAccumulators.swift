// Minimum and maximum of a key: one type for each, so that every window stage has its loops specialised.

struct IntegerMinimum: Accumulator {
    var value: Int64

    @inline(__always) init(_ number: Int64) { value = number }

    @inline(__always) mutating func add(_ number: Int64) -> Bool {
        value = min(value, number)
        return true
    }

    mutating func merge(_ later: Self) -> Bool { add(later.value) }

    var result: AggregateResult { AggregateResult(integer: value) }

    static func fold(_ rows: PaneRows<Int64>, from k: inout Int, into table: inout PaneTable<Self>) -> Bool {
        table.fold(rows, from: &k)
    }

    static func merge(_ later: borrowing PaneTable<Self>, into table: inout PaneTable<Self>) -> Bool {
        table.merge(later)
    }

    static func results(of table: borrowing PaneTable<Self>) -> [KeyResult] { table.results() }
}

struct IntegerMaximum: Accumulator {
    var value: Int64

    @inline(__always) init(_ number: Int64) { value = number }

    @inline(__always) mutating func add(_ number: Int64) -> Bool {
        value = max(value, number)
        return true
    }

    mutating func merge(_ later: Self) -> Bool { add(later.value) }

    var result: AggregateResult { AggregateResult(integer: value) }

    static func fold(_ rows: PaneRows<Int64>, from k: inout Int, into table: inout PaneTable<Self>) -> Bool {
        table.fold(rows, from: &k)
    }

    static func merge(_ later: borrowing PaneTable<Self>, into table: inout PaneTable<Self>) -> Bool {
        table.merge(later)
    }

    static func results(of table: borrowing PaneTable<Self>) -> [KeyResult] { table.results() }
}

/// NaN wins over every number, so that it is seen and does not depend on the order; -0.0 is smaller than 0.0 for the same reason.
struct FloatMinimum: Accumulator {
    var value: Double

    @inline(__always) init(_ number: Double) { value = number }

    @inline(__always) mutating func add(_ number: Double) -> Bool {
        if value.isNaN { return true }
        if number.isNaN || number < value { value = number }
        if number == 0, value == 0, number.sign != value.sign { value = -0.0 }
        return true
    }

    mutating func merge(_ later: Self) -> Bool { add(later.value) }

    var result: AggregateResult { AggregateResult(float: value) }

    static func fold(_ rows: PaneRows<Double>, from k: inout Int, into table: inout PaneTable<Self>) -> Bool {
        table.fold(rows, from: &k)
    }

    static func merge(_ later: borrowing PaneTable<Self>, into table: inout PaneTable<Self>) -> Bool {
        table.merge(later)
    }

    static func results(of table: borrowing PaneTable<Self>) -> [KeyResult] { table.results() }
}

/// NaN wins over every number, so that it is seen and does not depend on the order; -0.0 is smaller than 0.0 for the same reason.
struct FloatMaximum: Accumulator {
    var value: Double

    @inline(__always) init(_ number: Double) { value = number }

    @inline(__always) mutating func add(_ number: Double) -> Bool {
        if value.isNaN { return true }
        if number.isNaN || number > value { value = number }
        if number == 0, value == 0, number.sign != value.sign { value = 0.0 }
        return true
    }

    mutating func merge(_ later: Self) -> Bool { add(later.value) }

    var result: AggregateResult { AggregateResult(float: value) }

    static func fold(_ rows: PaneRows<Double>, from k: inout Int, into table: inout PaneTable<Self>) -> Bool {
        table.fold(rows, from: &k)
    }

    static func merge(_ later: borrowing PaneTable<Self>, into table: inout PaneTable<Self>) -> Bool {
        table.merge(later)
    }

    static func results(of table: borrowing PaneTable<Self>) -> [KeyResult] { table.results() }
}
