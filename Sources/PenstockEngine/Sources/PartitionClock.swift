internal import PenstockEvents

/// The watermark of one partition: how far its event time has come.
struct PartitionClock {
    private let bound: Int64?
    /// The largest time so far, or minus infinity.
    private(set) var latest = Int64.min
    private var mark = Int64.min
    /// Whether the last batch was out of order: then the next one most likely is, too, and is not looked through for order first.
    private var wasDisordered = false

    init(_ disorder: Disorder) { bound = disorder.boundNanoseconds }

    /// The present watermark: no later event that keeps its promise is at or before it.
    var watermark: Timestamp {
        guard let bound, latest != .min else { return Timestamp(nanoseconds: mark) }
        return Timestamp(nanoseconds: max(latest - bound - 1, mark))
    }

    func snapshot(into state: inout StateEncoder) {
        state.put(latest)
        state.put(mark)
    }

    mutating func restore(_ state: inout StateDecoder) throws {
        latest = try state.integer()
        mark = try state.integer()
    }

    mutating func observe(mark time: Timestamp) { mark = max(mark, time.nanoseconds) }

    /// Observes the times of `count` events in order and names those that are behind.
    /// - Throws: `IllegalTime` for a time that no event may have; then nothing has been observed.
    mutating func observe(
        _ times: UnsafePointer<Int64>, count: Int
    ) throws(IllegalTime) -> [BehindMark] {
        if !wasDisordered, count > 0, times[0] > mark, times[0] >= latest, isAscending(times, count: count) {
            // In order, as most streams are: nothing is behind, and the ends tell of all.
            for time in [times[0], times[count - 1]] {
                guard Timestamp(nanoseconds: time).isUsable else { throw IllegalTime(nanoseconds: time) }
            }
            latest = times[count - 1]
            return []
        }
        return try observe(times, count: count) { $0 }
    }

    /// Observes the rows of a batch that count, in order, and marks those that are behind.
    /// - Throws: as above.
    mutating func observe(_ batch: Batch) throws(IllegalTime) -> [BehindMark] {
        let times = UnsafePointer(batch.times.values)
        defer { withExtendedLifetime(batch) {} }
        guard let indices = batch.rows.indices else {
            return try observe(times, count: batch.rowCount)
        }
        return try observe(times, count: batch.count) { Int(indices[$0]) }
    }

    @inline(__always) private mutating func observe(
        _ times: UnsafePointer<Int64>, count: Int, _ rowOf: (Int) -> Int
    ) throws(IllegalTime) -> [BehindMark] {
        var behind: [BehindMark] = []
        // Locals, which stay in registers. Illegal times are looked for once for all, so nothing here may trap.
        let reach = bound.map { $0 + 1 }
        let mark = mark
        var newest = latest
        var oldest = Int64.max
        var falls = 0
        for k in 0..<count {
            let row = rowOf(k)
            let time = times[row]
            falls &+= time < newest ? 1 : 0
            // The watermark before this event; a mark may be ahead of all of them.
            let limit = reach.map { newest == .min ? mark : max(newest &- $0, mark) } ?? mark
            if time <= limit {
                behind.append(BehindMark(row: UInt32(row), watermark: Timestamp(nanoseconds: limit)))
            }
            newest = max(newest, time)
            oldest = min(oldest, time)
        }
        for time in [newest, oldest] where count > 0 {
            guard Timestamp(nanoseconds: time).isUsable else { throw IllegalTime(nanoseconds: time) }
        }
        latest = newest
        wasDisordered = falls > 0
        return behind
    }

    /// Whether no time is below the one before it, and all are at least -2^62 and below 2^62, so that no difference overflows. Without
    /// branches and comparisons, so that several are looked at at once: what is wrong makes a sign bit.
    private func isAscending(_ times: UnsafePointer<Int64>, count: Int) -> Bool {
        guard count > 0 else { return true }
        var signs = times[0] &+ 1 << 62
        for row in 1..<count { signs |= (times[row] &- times[row &- 1]) | (times[row] &+ 1 << 62) }
        return signs >= 0
    }

    /// The watermark before an event, where `newest` is the largest time of those before it that the clock has not observed yet.
    func watermark(behind newest: Int64) -> Int64 {
        var clock = self
        clock.latest = max(latest, newest)
        return clock.watermark.nanoseconds
    }
}

/// An event has no time, or one outside the range that arithmetic on times is defined for.
struct IllegalTime: EventDefect {
    let nanoseconds: Int64

    var summary: String {
        nanoseconds == Timestamp.distantPast.nanoseconds
            ? "an event has no time"
            : "an event has the time \(nanoseconds) ns, outside the usable range of +-2^62 ns"
    }
    var hint: String? {
        "times are nanoseconds since 1970; was the unit of the column mistaken? With .onError(.skip) behind From(…) such events are left out"
    }
    var category: FailureCategory { .data }
}
