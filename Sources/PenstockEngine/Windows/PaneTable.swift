internal import PenstockEvents

/// The accumulators of one slice and origin by key code: open addressing with linear probing, code and accumulator side by side.
///
/// A slot's tag is code + 1, so that 0 means empty; the one code whose tag would be 0 has a slot of its own. At most half of the slots
/// are taken; a small table for a known number of keys begins with four for each, so that most are found where they are looked for first.
/// Ownership: the memory is a column that nobody else writes to. A `deinit` of the table's own would not do: builds of
/// Swift 6.3 without optimisation do not run it for tables that a closure captures, nor for those of panes.
struct PaneTable<A: Accumulator>: ~Copyable {
    struct Slot: BitwiseCopyable {
        var tag: UInt64
        var accumulator: A
    }

    private(set) var memory: Column<Slot>
    private var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    private var used = 0
    private var last: A?
    /// What integer sums have carried beyond 64 bits, for the few keys where they have. So whether a sum overflows is a question of the
    /// whole sum, not of the order of its numbers.
    private(set) var carries: [UInt64: Int64] = [:]

    /// The fewest slots of a table.
    private static var smallest: Int { 16 }

    /// Up to so many slots a table may have four for each key: it stays in a processor's own cache.
    private static var roomy: Int { 1 << 13 }

    /// From so many slots on a table grows to twice as many, below that to four times.
    private static var large: Int { 1 << 16 }

    /// A table for about as many keys as there were elsewhere, by default few.
    init(like keys: Int = 0) {
        let wanted = max(2 * keys, min(4 * keys, Self.roomy))
        capacity = Self.smallest
        while capacity < wanted { capacity *= 2 }
        memory = Self.empty(capacity)
        slots = memory.values
    }

    /// How many keys there are.
    var count: Int { used + (last == nil ? 0 : 1) }

    /// The bytes of the table.
    var byteCount: Int { memory.capacity * MemoryLayout<Slot>.stride }

    /// The keys whose sums need more than 64 bits.
    var overflowed: Set<UInt64> { Set(carries.lazy.filter { $0.value != 0 }.map(\.key)) }

    /// Adds a number for a key.
    @inline(__always) mutating func add(_ code: UInt64, _ number: A.Number) {
        let tag = code &+ 1
        if tag == 0 { return addToLast(A(number), A.carry(of: number)) { $0.add(number) } }
        var at = Int(truncatingIfNeeded: code) & (capacity &- 1)
        while true {
            let found = slots[at].tag
            if found == tag {
                if !slots[at].accumulator.add(number) { carry(code, A.carry(of: number)) }
                return
            }
            if found == 0 { break }
            at = (at &+ 1) & (capacity &- 1)
        }
        insert(tag, A(number), at)
    }

    /// Adds the rows from the `k`-th on while their times lie in the slice, and moves `k` behind them.
    @inline(__always) mutating func fold(_ rows: PaneRows<A.Number>, from k: inout Int) {
        let (times, codes, numbers) = (rows.times, rows.codes, rows.numbers)
        let (start, end) = (rows.start, rows.end)
        let count = rows.rows.count
        var at = k
        if let indices = rows.rows.indices {
            while at < count {
                let row = Int(indices[at])
                let time = times[row]
                guard time >= start, time < end else { break }
                add(codes[row], numbers[row])
                at &+= 1
            }
        } else {
            while at < count {
                let time = times[at]
                guard time >= start, time < end else { break }
                add(codes[at], numbers[at])
                at &+= 1
            }
        }
        k = at
    }

    /// Merges what came later for all keys of another table.
    @inline(__always) mutating func merge(_ later: borrowing PaneTable<A>) {
        later.forEach { code, accumulator in merge(code, accumulator) }
        for (code, carried) in later.carries { carry(code, carried) }
    }

    /// Merges accumulators with the rows from the `k`-th on while their times lie in the slice, and moves `k` behind them.
    @inline(__always) mutating func mergeRows(_ rows: PaneRows<A>, from k: inout Int) {
        let (times, codes, accumulators) = (rows.times, rows.codes, rows.numbers)
        while k < rows.rows.count {
            let row = rows.rows[k]
            guard times[row] >= rows.start, times[row] < rows.end else { break }
            merge(codes[row], accumulators[row])
            k &+= 1
        }
    }

    /// A sum went beyond 64 bits, or came back.
    @inline(never) mutating func carry(_ code: UInt64, _ carried: Int64) {
        carries[code, default: 0] += carried
        if carries[code] == 0 { carries[code] = nil }
    }

    /// The aggregate of each key, in no particular order.
    @inline(__always) func results() -> [KeyResult] {
        var results: [KeyResult] = []
        results.reserveCapacity(count)
        forEach { code, accumulator in results.append(KeyResult(code: code, result: accumulator.result)) }
        return results
    }

    /// The accumulators in the order of canonical integers, of keys that are their own codes.
    @inline(__always) func ordered() -> Column<Ordered<A>> {
        let entries = Column<Ordered<A>>(capacity: count)
        var k = 0
        forEach { code, accumulator in
            entries.values[k] = Ordered(key: SplitMix64.unmix(code), item: accumulator)
            k += 1
        }
        return sortedByKey(entries, count: k)
    }

    /// Merges what came later for a key.
    mutating func merge(_ code: UInt64, _ later: A) {
        let tag = code &+ 1
        if tag == 0 { return addToLast(later, A.carry(ofMerging: later)) { $0.merge(later) } }
        var at = Int(truncatingIfNeeded: code) & (capacity - 1)
        while slots[at].tag != 0 {
            if slots[at].tag == tag {
                if !slots[at].accumulator.merge(later) { carry(code, A.carry(ofMerging: later)) }
                return
            }
            at = (at + 1) & (capacity - 1)
        }
        insert(tag, later, at)
    }

    /// Calls `body` with each key code and its accumulator, in no particular order.
    func forEach<Failure: Error>(_ body: (UInt64, A) throws(Failure) -> Void) throws(Failure) {
        for at in 0..<capacity where slots[at].tag != 0 {
            try body(slots[at].tag &- 1, slots[at].accumulator)
        }
        if let last { try body(.max, last) }
    }

    /// The codes and accumulators in the order of a checkpoint. An accumulator is a number of words.
    func grouped(_ displaced: [UInt64: UInt64]) -> GroupedEntries {
        let width = MemoryLayout<Slot>.stride / MemoryLayout<UInt64>.stride
        func entries(_ last: UnsafePointer<UInt64>?) -> GroupedEntries {
            slots.withMemoryRebound(to: UInt64.self, capacity: capacity * width) {
                GroupedEntries(
                    slots: $0, width: width, capacity: capacity, count: count, last: last, displaced: displaced)
            }
        }
        guard let last else { return entries(nil) }
        return withUnsafeBytes(of: Slot(tag: 0, accumulator: last)) {
            entries($0.baseAddress?.assumingMemoryBound(to: UInt64.self))
        }
    }

    /// Puts back entries that `grouped` gave; `renamed` has the codes that are others now. No key is in the table yet.
    @inline(__always) mutating func insert(_ entries: UnsafeRawBufferPointer, _ renamed: [UInt64: UInt64]) {
        let stride = MemoryLayout<Slot>.stride
        reserve(count + entries.count / stride)
        for at in Swift.stride(from: 0, to: entries.count, by: stride) {
            let code = renamed.code(entries.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            merge(code, entries.loadUnaligned(fromByteOffset: at + MemoryLayout<UInt64>.stride, as: A.self))
        }
    }

    private mutating func reserve(_ keys: Int) {
        while keys * 2 > capacity { grow() }
    }

    private mutating func addToLast(_ first: A, _ carried: Int64, _ more: (inout A) -> Bool) {
        guard var accumulator = last else {
            last = first
            return
        }
        if !more(&accumulator) { carry(.max, carried) }
        last = accumulator
    }

    private mutating func insert(_ tag: UInt64, _ accumulator: A, _ at: Int) {
        slots[at] = Slot(tag: tag, accumulator: accumulator)
        used += 1
        if used * 2 > capacity { grow() }
    }

    private mutating func grow() {
        let (old, oldMemory, oldCapacity) = (slots, memory, capacity)
        defer { withExtendedLifetime(oldMemory) {} }
        capacity *= capacity < Self.large ? 4 : 2
        memory = Self.empty(capacity)
        slots = memory.values
        for from in 0..<oldCapacity where old[from].tag != 0 {
            var at = Int(truncatingIfNeeded: old[from].tag &- 1) & (capacity - 1)
            while slots[at].tag != 0 { at = (at + 1) & (capacity - 1) }
            slots[at] = old[from]
        }
    }

    private static func empty(_ capacity: Int) -> Column<Slot> {
        let memory = Column<Slot>(capacity: capacity)
        UnsafeMutableRawPointer(memory.values).initializeMemory(
            as: UInt8.self, repeating: 0, count: capacity * MemoryLayout<Slot>.stride)
        return memory
    }
}

/// The rows of a batch for one slice of time: the slice, and the columns that are read.
struct PaneRows<Number: BitwiseCopyable> {
    let rows: Rows
    let start: Int64
    let end: Int64
    let times: UnsafePointer<Int64>
    let codes: UnsafePointer<UInt64>
    let numbers: UnsafePointer<Number>
}
