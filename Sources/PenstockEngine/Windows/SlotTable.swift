/// The slots of the keys of a slice by key code: open addressing with linear probing, at most half full.
///
/// A place's tag is code + 1, so that 0 means empty; the one code whose tag would be 0 has a place of its own.
struct SlotTable {
    private struct Place: BitwiseCopyable {
        var tag: UInt64
        var slot: UInt32
    }

    private var memory: Column<Place>
    private var places: UnsafeMutablePointer<Place>
    private var capacity = 16
    private var used = 0
    private var last: UInt32?

    init() {
        memory = Self.empty(capacity)
        places = memory.values
    }

    /// How many keys there are.
    var count: Int { used + (last == nil ? 0 : 1) }

    /// The bytes of the table.
    var byteCount: Int { memory.capacity * MemoryLayout<Place>.stride }

    /// The slot of a key; a new key gets the one that `make` gives.
    @inline(__always) mutating func slot(_ code: UInt64, _ make: () -> UInt32) -> UInt32 {
        let tag = code &+ 1
        if tag == 0 { return lastSlot(make) }
        var at = Int(truncatingIfNeeded: code) & (capacity &- 1)
        while places[at].tag != tag {
            if places[at].tag == 0 { return insert(tag, make(), at) }
            at = (at &+ 1) & (capacity &- 1)
        }
        return places[at].slot
    }

    /// The slot of a key, if it has one.
    subscript(code: UInt64) -> UInt32? {
        let tag = code &+ 1
        if tag == 0 { return last }
        var at = Int(truncatingIfNeeded: code) & (capacity - 1)
        while places[at].tag != 0 {
            if places[at].tag == tag { return places[at].slot }
            at = (at + 1) & (capacity - 1)
        }
        return nil
    }

    /// Calls `body` with each key code and its slot, in no particular order.
    func forEach(_ body: (UInt64, UInt32) throws -> Void) rethrows {
        for at in 0..<capacity where places[at].tag != 0 { try body(places[at].tag &- 1, places[at].slot) }
        if let last { try body(.max, last) }
    }

    /// The codes and slots in the order of a checkpoint.
    func grouped(_ displaced: [UInt64: UInt64]) -> GroupedEntries {
        GroupedEntries(width: 2, capacity: count, displaced: displaced) { entries in
            var written = 0
            forEach { code, slot in
                (entries[written], entries[written + 1]) = (code, UInt64(slot))
                written += 2
            }
            return written / 2
        }
    }

    private mutating func lastSlot(_ make: () -> UInt32) -> UInt32 {
        if let last { return last }
        let slot = make()
        last = slot
        return slot
    }

    private mutating func insert(_ tag: UInt64, _ slot: UInt32, _ at: Int) -> UInt32 {
        places[at] = Place(tag: tag, slot: slot)
        used += 1
        if used * 2 > capacity { grow() }
        return slot
    }

    private mutating func grow() {
        let (old, oldMemory, oldCapacity) = (places, memory, capacity)
        defer { withExtendedLifetime(oldMemory) {} }
        capacity *= 4
        memory = Self.empty(capacity)
        places = memory.values
        for from in 0..<oldCapacity where old[from].tag != 0 {
            var at = Int(truncatingIfNeeded: old[from].tag &- 1) & (capacity - 1)
            while places[at].tag != 0 { at = (at + 1) & (capacity - 1) }
            places[at] = old[from]
        }
    }

    private static func empty(_ capacity: Int) -> Column<Place> {
        let memory = Column<Place>(capacity: capacity)
        memory.values.initialize(repeating: Place(tag: 0, slot: 0), count: capacity)
        return memory
    }
}
