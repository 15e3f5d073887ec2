internal import PenstockEvents

/// Windows of one length at regular distances over event time: tumbling where length and distance are the same.
///
/// A window that starts at `a`, with `floorMod(a - offset, every) == 0`, is [a, a + size). Time is cut into slices at every start and every
/// end of a window, so that each event is added once and a window is put together from its slices.
public struct TimeWindows: Sendable, Hashable {
    /// The length in nanoseconds, positive.
    public let size: Int64
    /// The distance between starts in nanoseconds, positive.
    public let every: Int64
    /// The start of one of the windows in nanoseconds.
    public let offset: Int64

    /// Windows of `size` nanoseconds that start every `every` nanoseconds, one of them at `offset`.
    public init(size: Int64, every: Int64, offset: Int64 = 0) {
        self.size = size
        self.every = every
        self.offset = offset
    }

    /// The longest duration of a window, 2^60 ns (about 36 years).
    public static let longest: Int64 = 1 << 60

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        if size <= 0 || every <= 0 {
            return "a window's length and step must be positive, but they are \(size) ns and \(every) ns"
        }
        if size > TimeWindows.longest || every > TimeWindows.longest {
            return "a window is longer than 2^60 ns (36 years)"
        }
        if offset.magnitude >= every.magnitude {
            return "a window's offset must be smaller than its step of \(every) ns, but it is \(offset) ns"
        }
        return nil
    }

    /// The slice that holds the instant `time`; nil where it falls into the gap between windows.
    func slice(containing time: Int64) -> (start: Int64, end: Int64)? {
        let phase = floorMod(time - offset, every)
        let step = time - phase
        if size >= every {
            // The ends of older windows cut each step at `size mod every`.
            let cut = size % every
            guard cut != 0 else { return (step, step + every) }
            return phase < cut ? (step, step + cut) : (step + cut, step + every)
        }
        return phase < size ? (step, step + size) : nil
    }

    /// The end of the first window that holds the slice starting at `start`.
    func firstEnd(ofSlice start: Int64) -> Int64 {
        // The earliest start a with a + size > start.
        let earliest = start - size + 1
        let phase = floorMod(earliest - offset, every)
        return (phase == 0 ? earliest : earliest + every - phase) + size
    }

    /// The end of the last window that holds the slice starting at `start`.
    func lastEnd(ofSlice start: Int64) -> Int64 {
        start - floorMod(start - offset, every) + size
    }

    /// The number of windows that hold the slice starting at `start` and end by `watermark`.
    func closedCount(ofSlice start: Int64, watermark: Int64) -> Int {
        let first = firstEnd(ofSlice: start)
        let closedBy = min(lastEnd(ofSlice: start), watermark == .max ? .max : watermark + 1)
        return closedBy < first ? 0 : Int((closedBy - first) / every) + 1
    }
}
