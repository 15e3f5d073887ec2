internal import PenstockEvents

/// How much an operator keeps. Worked out when somebody asks, from what the operator knows anyway.
struct StateMeasure: Sendable, Hashable {
    /// Keys of which something is kept. In windows of time a key counts once for each slice of time and each partition.
    var keys = 0
    /// Events that are kept themselves.
    var events = 0
    /// About how many bytes all that takes in memory; what the author's own states refer to is not among them.
    var bytes = 0
    /// How many bytes of it are on disk.
    var spilledBytes = 0
    /// Windows, sessions or scans that have events and have not closed.
    var openWindows = 0
    /// When the first of them ends, in event time; nil where that is not known.
    var firstEnd: Int64?

    static func + (a: StateMeasure, b: StateMeasure) -> StateMeasure {
        var sum = a
        sum.keys += b.keys
        sum.events += b.events
        sum.bytes += b.bytes
        sum.spilledBytes += b.spilledBytes
        sum.openWindows += b.openWindows
        sum.firstEnd = [a.firstEnd, b.firstEnd].compactMap(\.self).min()
        return sum
    }

    /// So many events more, of which each takes so many bytes.
    mutating func add(events count: Int, bytesEach: Int) {
        events += count
        bytes += count * bytesEach
    }
}

extension TimeWindows {
    /// How many windows hold some of the slices that start at these instants, in order, and end behind `last`; and where the first of them
    /// ends.
    func open(slices starts: some Sequence<Int64>, behind last: Int64?) -> (count: Int, firstEnd: Int64?) {
        var counted = last
        var count = 0
        var first: Int64?
        for start in starts {
            var end = firstEnd(ofSlice: start)
            if let counted, end <= counted { end = counted + every }
            let lastEnd = lastEnd(ofSlice: start)
            guard end <= lastEnd else { continue }
            first = first ?? end
            // Both are ends of windows, so that their distance is a multiple of the step.
            count += Int((lastEnd - end) / every) + 1
            counted = lastEnd
        }
        return (count, first)
    }
}
