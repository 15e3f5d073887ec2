internal import PenstockEvents

/// The rows of a window that has been put together, in the order of their keys, given out some at a time.
struct FiredRows {
    /// A key's row.
    struct Entry {
        let code: UInt64
        let slot: UInt32
        var pane = Pane()
    }

    let window: WindowSpan
    /// The slots that have to be freed when all rows have been given out.
    let temporary: [UInt32]
    private let entries: [Entry]
    private var given = 0

    init(_ window: WindowSpan, _ entries: [Entry], temporary: [UInt32], _ interner: KeyInterner) {
        self.window = window
        self.temporary = temporary
        guard entries.count > 1 else {
            self.entries = entries
            return
        }
        let hasLongKeys = interner.count > 0
        self.entries = entries.sorted { a, b in
            hasLongKeys ? interner.precedes(a.code, b.code) : SplitMix64.unmix(a.code) < SplitMix64.unmix(b.code)
        }
    }

    /// Whether all rows have been given out.
    var isEmpty: Bool { given == entries.count }

    /// The next rows, at most `limit`.
    /// - Throws: `EngineError` that names the stage.
    mutating func take(
        _ limit: Int, _ interner: KeyInterner, _ store: AggregateStore, _ options: WindowStageOptions
    ) throws -> ClosedRows {
        let taken = entries[given..<min(given + limit, entries.count)]
        given += taken.count
        var rows = ClosedRows()
        for entry in taken {
            rows.append(
                code: entry.code, key: interner.key(entry.code), window: window, pane: entry.pane,
                time: window.end.nanoseconds - 1)
        }
        try store.putResults(of: taken.map(\.slot), into: &rows, options.aggregate)
        return rows
    }
}
