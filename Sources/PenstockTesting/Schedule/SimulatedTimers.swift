/// What is to be done at moments of a simulation's time: a binary heap by moment, and by the order of asking within one.
struct SimulatedTimers {
    private struct Timer {
        let due: Int64
        let number: UInt64
        let work: @Sendable () -> Void

        static func < (a: Timer, b: Timer) -> Bool { a.due == b.due ? a.number < b.number : a.due < b.due }
    }

    private var heap: [Timer] = []
    private var added: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    /// The next moment at which something is to be done.
    var next: Int64? { heap.first?.due }

    mutating func add(_ work: @escaping @Sendable () -> Void, at due: Int64) {
        heap.append(Timer(due: due, number: added, work: work))
        added += 1
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// What is to be done next; nil where there is nothing.
    mutating func take() -> (@Sendable () -> Void)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first.work }
        heap[0] = last
        var parent = 0
        while true {
            var least = 2 * parent + 1
            guard least < heap.count else { break }
            if least + 1 < heap.count, heap[least + 1] < heap[least] { least += 1 }
            guard heap[least] < heap[parent] else { break }
            heap.swapAt(least, parent)
            parent = least
        }
        return first.work
    }
}
