internal import PenstockEvents

/// The timers of the keys of an instance: each is a key, a name and an instant, and is there once.
///
/// A binary heap by (time, key, name). What was cancelled stays in the heap until its time comes or most of the heap is such. Belongs to one
/// stage actor and is used on its thread only.
final class TimerQueue {
    /// A timer of a key.
    struct Timer: Hashable {
        let time: Int64
        let name: String

        static func < (a: Timer, b: Timer) -> Bool {
            a.time != b.time ? a.time < b.time : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        }
    }

    private struct Entry {
        let timer: Timer
        let slot: Int
    }

    private var heap: [Entry] = []
    /// The timers of each key that are set.
    private var set: [[Timer]] = []
    /// The entries of each key in the heap: as long as there are any, its slot must keep its key.
    private var entryCounts: [Int] = []
    private var setCount = 0
    /// Timers that were set for an instant that has come already: due right behind the handler.
    private var immediate: [Timer] = []

    /// The instant of the first entry: no timer is due before it.
    var firstTime: Int64? { heap.first?.timer.time }

    /// Whether the key whose handler has run has timers that are due right behind it.
    var hasImmediate: Bool { !immediate.isEmpty }

    /// Whether the slot's key has nothing here.
    func isEmpty(_ slot: Int) -> Bool { slot >= entryCounts.count || entryCounts[slot] == 0 }

    /// The timers of a key that are set, in order.
    func timers(of slot: Int) -> [Timer] { slot < set.count ? set[slot].sorted { $0 < $1 } : [] }

    /// Sets a timer of the key whose handler runs; `clock` is the instant of the handler.
    func add(_ timer: Timer, slot: Int, clock: Int64, _ keys: KeyTable) {
        while set.count <= slot {
            set.append([])
            entryCounts.append(0)
        }
        guard !set[slot].contains(timer), !immediate.contains(timer) else { return }
        if timer.time <= clock {
            immediate.append(timer)
            return
        }
        set[slot].append(timer)
        setCount += 1
        push(Entry(timer: timer, slot: slot), keys)
    }

    /// Cancels the timers with this name of the key whose handler runs: all, or the one at `time`.
    func cancel(_ name: String, at time: Int64?, slot: Int) {
        func isMeant(_ timer: Timer) -> Bool { timer.name == name && (time == nil || timer.time == time) }
        immediate.removeAll(where: isMeant)
        guard slot < set.count else { return }
        let before = set[slot].count
        set[slot].removeAll(where: isMeant)
        setCount -= before - set[slot].count
    }

    /// The next timer that is due right behind the handler that has set it.
    func takeImmediate() -> Timer? {
        guard let first = immediate.indices.min(by: { immediate[$0] < immediate[$1] }) else { return nil }
        return immediate.remove(at: first)
    }

    /// The next timer at or before `limit`.
    func take(upTo limit: Int64, _ keys: KeyTable) -> (slot: Int, timer: Timer)? {
        while let first = heap.first, first.timer.time <= limit {
            pop(keys)
            guard let at = set[first.slot].firstIndex(of: first.timer) else { continue }
            set[first.slot].remove(at: at)
            setCount -= 1
            return (first.slot, first.timer)
        }
        return nil
    }

    /// Drops what was cancelled once it is most of the heap; gives the slots whose last entry that was.
    func sweep(_ keys: KeyTable) -> [Int] {
        guard heap.count > 2 * setCount + 1024 else { return [] }
        let entries = heap
        heap = []
        var emptied: [Int] = []
        for entry in entries { entryCounts[entry.slot] -= 1 }
        for entry in entries where entryCounts[entry.slot] == 0 && set[entry.slot].isEmpty {
            emptied.append(entry.slot)
        }
        for slot in set.indices {
            for timer in set[slot] { push(Entry(timer: timer, slot: slot), keys) }
        }
        return emptied
    }

    /// What puts back the timers of a key as they are now.
    func keep(_ slot: Int, _ keys: KeyTable) -> () -> Void {
        let (kept, keptImmediate) = (slot < set.count ? set[slot] : [], immediate)
        return { [unowned self] in
            immediate = keptImmediate
            guard slot < set.count else { return }
            // What was set since stays in the heap as if it had been cancelled.
            let missing = kept.filter { !set[slot].contains($0) }
            setCount += kept.count - set[slot].count
            set[slot] = kept
            for timer in missing { push(Entry(timer: timer, slot: slot), keys) }
        }
    }

    // MARK: The heap

    private func push(_ entry: Entry, _ keys: KeyTable) {
        entryCounts[entry.slot] += 1
        heap.append(entry)
        var at = heap.count - 1
        while at > 0 {
            let parent = (at - 1) / 2
            guard precedes(heap[at], heap[parent], keys) else { return }
            heap.swapAt(at, parent)
            at = parent
        }
    }

    private func pop(_ keys: KeyTable) {
        entryCounts[heap[0].slot] -= 1
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2] where child < heap.count {
                if precedes(heap[child], heap[least], keys) { least = child }
            }
            guard least != at else { return }
            heap.swapAt(at, least)
            at = least
        }
    }

    private func precedes(_ a: Entry, _ b: Entry, _ keys: KeyTable) -> Bool {
        if a.timer.time != b.timer.time { return a.timer.time < b.timer.time }
        if a.slot != b.slot { return keys.precedes(a.slot, b.slot) }
        return a.timer < b.timer
    }
}
