internal import PenstockEvents

/// When early rows come by the run's clock, and of which keys: at each multiple of an interval, of those with new events.
struct EarlyInterval {
    private let interval: Int64
    private var clock: (any RunClock)?
    /// The keys with events since their last early row, by the start of the events' slice.
    private var fresh: [Int64: Set<UInt64>] = [:]
    /// When the next rows come, where there is something new.
    private(set) var nextInstant: Int64?

    init(_ interval: Int64) { self.interval = interval }

    mutating func begin(_ clock: any RunClock) { self.clock = clock }

    /// An event of the key has come.
    mutating func note(slice: Int64, _ code: UInt64) {
        fresh[slice, default: []].insert(code)
        guard nextInstant == nil, let now = clock?.nanoseconds else { return }
        nextInstant = now - floorMod(now, interval) + interval
    }

    /// The keys with new events, by slice, where their rows are due.
    mutating func takeDue(at now: Int64) -> [Int64: Set<UInt64>] {
        guard let instant = nextInstant, instant <= now else { return [:] }
        nextInstant = nil
        defer { fresh.removeAll(keepingCapacity: true) }
        return fresh
    }
}

// Early rows by the run's clock.
extension StateTimeWindows {
    /// Notes the keys of events that have come.
    mutating func noteFresh(_ batch: Batch, _ codes: UnsafePointer<UInt64>) {
        let windows = windows
        batch.forEachRow { row in
            guard let slice = windows.slice(containing: batch.times.values[row]) else { return }
            early?.note(slice: slice.start, codes[row])
        }
    }

    /// After a restore all keys count as new, for it is not written down which are.
    mutating func noteRestored() {
        guard early != nil else { return }
        for slice in slices { slice.slots.forEach { code, _ in early?.note(slice: slice.start, code) } }
    }

    /// Puts the early rows together that are due: of the windows that are open, by their ends.
    mutating func fireEarly(at now: Int64) throws {
        var keys: [Int64: Set<UInt64>] = [:]
        for (slice, codes) in early?.takeDue(at: now) ?? [:] {
            for end in ends(ofSlice: slice) where end - 1 > watermark.nanoseconds {
                keys[end, default: []].formUnion(codes)
            }
        }
        for (end, codes) in keys.sorted(by: { $0.key < $1.key }) {
            try put(window(endingAt: end), timing: .early, keys: codes) { $0.watermark < end - 1 }
        }
    }
}
