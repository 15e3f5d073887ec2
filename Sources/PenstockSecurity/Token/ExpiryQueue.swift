internal import PenstockEvents

/// Ids by the instants at which they end, the earliest first: a binary heap.
struct ExpiryQueue {
    private var heap: [(end: Timestamp, id: String)] = []

    /// Takes an id in. Takes a time that grows with the logarithm of their number.
    mutating func insert(_ id: String, at end: Timestamp) {
        heap.append((end, id))
        var child = heap.count - 1
        while child > 0, heap[child].end < heap[(child - 1) / 2].end {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes those out that end at this instant or earlier.
    mutating func removeAll(before now: Timestamp) -> [String] {
        var ended: [String] = []
        while let first = heap.first, first.end <= now {
            ended.append(first.id)
            removeFirst()
        }
        return ended
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let children = 2 * parent + 1..<min(2 * parent + 3, max(2 * parent + 1, heap.count))
            guard let least = children.min(by: { heap[$0].end < heap[$1].end }), heap[least].end < heap[parent].end
            else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
