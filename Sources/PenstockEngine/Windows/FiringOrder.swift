/// When windows are put together: at their last instant, and once more when they take no more late events, all in order of time.
struct FiringOrder {
    /// A window that is put together now; the end of the window.
    enum Firing {
        /// Its last instant has been reached.
        case onTime(Int64)
        /// It takes no more late events.
        case expiry(Int64)
    }

    private let windows: TimeWindows
    private let lateness: Int64
    private(set) var lastOnTime: Int64?
    private var lastExpired: Int64?
    /// No firing is due before this instant, where one is known.
    private var nextInstant: Int64?

    init(_ windows: TimeWindows, lateness: Int64) {
        self.windows = windows
        self.lateness = lateness
    }

    /// - Parameter hasEnded: Whether the input has: then nothing is open, and what goes on from there may begin any window anew.
    func snapshot(into chunk: inout StateEncoder, hasEnded: Bool) {
        chunk.put(instant: hasEnded ? nil : lastOnTime)
        chunk.put(instant: hasEnded ? nil : lastExpired)
    }

    /// Goes on behind what one of the instances before has put together.
    mutating func restore(_ chunk: inout StateDecoder) throws {
        lastOnTime = latest(lastOnTime, try chunk.instant())
        lastExpired = latest(lastExpired, try chunk.instant())
        nextInstant = nil
    }

    /// The end of the last window that takes nothing more.
    var lastDone: Int64? { lateness > 0 ? lastExpired : lastOnTime }

    /// The instant by which a window must have ended to take nothing more at a watermark.
    func expired(at watermark: Int64) -> Int64 {
        let (instant, overflow) = watermark.subtractingReportingOverflow(lateness)
        return overflow ? .min : instant
    }

    /// A slice has got its first event, or one that is behind.
    mutating func add(slice: Int64) { nextInstant = nil }

    /// The next firing that is due, given the starts of all slices with events.
    mutating func next(_ starts: some Sequence<Int64>, watermark: Int64) -> Firing? {
        if let nextInstant, watermark < nextInstant { return nil }
        var onTime: Int64?
        var expiring: Int64?
        for start in starts {
            if let end = nextEnd(ofSlice: start, after: lastOnTime) { onTime = min(onTime ?? end, end) }
            guard lateness > 0, let end = nextEnd(ofSlice: start, after: lastExpired) else { continue }
            expiring = min(expiring ?? end, end)
        }
        // At one instant the window that ended earlier goes first.
        if let end = expiring, end + lateness <= onTime ?? .max {
            guard reached(end - 1 + lateness, watermark) else { return nil }
            lastExpired = end
            return .expiry(end)
        }
        guard let end = onTime else {
            nextInstant = .max
            return nil
        }
        guard reached(end - 1, watermark) else { return nil }
        lastOnTime = end
        return .onTime(end)
    }

    /// Whether no window needs the slice any more.
    func isDone(slice: Int64) -> Bool {
        guard let last = lastDone else { return false }
        return windows.lastEnd(ofSlice: slice) <= last
    }

    private mutating func reached(_ instant: Int64, _ watermark: Int64) -> Bool {
        nextInstant = instant <= watermark ? nil : instant
        return instant <= watermark
    }

    private func nextEnd(ofSlice start: Int64, after last: Int64?) -> Int64? {
        var end = windows.firstEnd(ofSlice: start)
        if let last, end <= last { end = last + windows.every }
        return end <= windows.lastEnd(ofSlice: start) ? end : nil
    }
}
