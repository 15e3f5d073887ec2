/// The next instant of each key at which an entry of its states is gone: a binary heap by time.
struct ExpiryQueue {
    private struct Entry {
        let end: Int64
        let slot: Int
    }

    private var heap: [Entry] = []
    /// The instant of each slot, or the end of time.
    private var ends: [Int64] = []

    /// Whether the key in a slot has an instant.
    func has(_ slot: Int) -> Bool { slot < ends.count && ends[slot] < .max }

    /// The instant of the key in a slot, if it has one.
    func end(_ slot: Int) -> Int64? { has(slot) ? ends[slot] : nil }

    /// Sets the instant of the key in a slot, which has none.
    mutating func add(_ end: Int64, _ slot: Int) {
        guard end < .max else { return }
        while ends.count <= slot { ends.append(.max) }
        ends[slot] = end
        heap.append(Entry(end: end, slot: slot))
        var at = heap.count - 1
        while at > 0, heap[at].end < heap[(at - 1) / 2].end {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    /// The key in a slot has been forgotten.
    mutating func remove(_ slot: Int) {
        if slot < ends.count { ends[slot] = .max }
    }

    /// The slots whose instant is at most `limit`; they have none from then on.
    mutating func take(upTo limit: Int64) -> [Int] {
        var slots: [Int] = []
        while let first = heap.first, first.end <= limit {
            pop()
            guard ends[first.slot] == first.end else { continue }
            ends[first.slot] = .max
            slots.append(first.slot)
        }
        return slots
    }

    /// The least instant, if it is at most `limit`, and all slots that have it; they have none from then on.
    mutating func takeFirst(upTo limit: Int64) -> (instant: Int64, slots: [Int])? {
        while let first = heap.first, first.end <= limit {
            let slots = take(upTo: first.end)
            if !slots.isEmpty { return (first.end, slots) }
        }
        return nil
    }

    private mutating func pop() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2] where child < heap.count && heap[child].end < heap[least].end {
                least = child
            }
            guard least != at else { return }
            heap.swapAt(at, least)
            at = least
        }
    }
}
