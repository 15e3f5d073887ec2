/// The events of one side and key in order of time, those of the same time in canonical order, by their slots in a pool.
struct Timeline {
    private var slots: [UInt32] = []
    private var head = 0

    var isEmpty: Bool { head == slots.count }

    /// The places of the events, for `slot`.
    var indices: Range<Int> { head..<slots.count }

    /// The slot at a place.
    func slot(_ place: Int) -> UInt32 { slots[place] }

    /// The slots in order.
    var all: ArraySlice<UInt32> { slots[head...] }

    /// Adds an event. Most come at the end.
    mutating func insert(_ slot: UInt32, _ pool: EventPool) {
        let event = pool[slot].place
        var at = slots.count
        while at > head, event.comesBefore(pool[slots[at - 1]].place) { at -= 1 }
        if at == slots.count { slots.append(slot) } else { slots.insert(slot, at: at) }
    }

    /// The place of the first event whose time is not before `time`.
    func firstPlace(from time: Int64, _ pool: EventPool) -> Int {
        var (low, high) = (head, slots.count)
        while low < high {
            let middle = (low + high) / 2
            if pool[slots[middle]].place.nanoseconds < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The places of the events from `first` to `last`, both included.
    func places(from first: Int64, through last: Int64, _ pool: EventPool) -> Range<Int> {
        guard first <= last else { return head..<head }
        return firstPlace(from: first, pool)..<firstPlace(from: last + 1, pool)
    }

    /// Frees the events before a place.
    mutating func drop(before place: Int, _ pool: EventPool) {
        while head < place {
            pool.free(slots[head])
            head += 1
        }
        guard head * 2 > slots.count else { return }
        slots.removeFirst(head)
        head = 0
    }
}

extension EventPlace {
    /// Whether the event comes before another one in time, or in canonical order where they have the same time.
    func comesBefore(_ other: EventPlace) -> Bool {
        nanoseconds == other.nanoseconds ? self < other : nanoseconds < other.nanoseconds
    }
}
