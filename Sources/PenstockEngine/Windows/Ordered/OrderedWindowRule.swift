internal import PenstockEvents

/// When windows that depend on the order of events give a row, and what becomes of them then.
enum OrderedWindowRule {
    case count(CountWindows)
    case global(GlobalWindows)

    /// Whether a row is given when so many events have come since the last.
    func isDue(_ fresh: Int) -> Bool {
        switch self {
        case .count(let windows): fresh == windows.every
        case .global(let windows): if case .count(let number) = windows.trigger { fresh == number } else { false }
        }
    }

    /// Whether the event in the one row asks for a row.
    /// - Throws: `EngineError` that names the event.
    func isMarker(_ batch: Batch, _ row: Rows, _ stage: StageName) throws -> Bool {
        guard case .global(let windows) = self, case .marker(let filter) = windows.trigger else { return false }
        var (kept, count): (UInt32, Int) = (0, 0)
        try filter.run(row, batch.values.base, &kept, &count).throwIfFailed(stage, batch, row)
        return count > 0
    }

    /// Whether events count as they come.
    var isArrivalOrder: Bool { if case .count(let windows) = self { windows.isArrivalOrder } else { false } }

    /// The interval at whose multiples rows are given.
    var interval: Int64? {
        guard case .global(let windows) = self, case .interval(let interval) = windows.trigger else { return nil }
        return interval
    }

    /// The number of events of a window that shares events with the one before it.
    var slidingSize: Int? {
        guard case .count(let windows) = self, windows.size != windows.every else { return nil }
        return windows.size
    }

    /// Whether a window is empty behind its row.
    var startsAgain: Bool {
        switch self {
        case .count(let windows): windows.size == windows.every
        case .global(let windows): windows.isPurging
        }
    }

    /// Whether a row holds all events of the row before it.
    var repeatsRows: Bool { if case .global(let windows) = self { !windows.isPurging } else { false } }

    /// Whether what is left at the end is dropped.
    var dropsRest: Bool { if case .count(let windows) = self { windows.dropsRest } else { false } }
}
