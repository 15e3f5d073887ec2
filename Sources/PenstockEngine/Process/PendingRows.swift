internal import PenstockEvents

/// Events that wait until time has reached them and are then taken in canonical order, for operators that see one event after the other.
struct PendingRows {
    /// When an event has its turn: by time, and among those of one instant by rank.
    typealias Turn = (instant: Int64, rank: UInt8)

    /// An event that has its turn.
    struct Row {
        /// Which of the batches of the taken rows it stands in.
        let batch: Int
        let row: Int
        let instant: Int64
        let rank: UInt8
        let effectiveTime: Int64
    }

    private struct Entry {
        let row: UInt32
        let rank: UInt8
        let instant: Int64
        let effectiveTime: Int64
    }

    /// The rows of a batch that have not been taken, in the order of their turns.
    private struct Run {
        let batch: Batch
        var entries: ArraySlice<Entry>
    }

    private var runs: [Run] = []
    /// Gives an event its turn, by its value and its effective time; nil where that is the effective time.
    private let turn: (@Sendable (UnsafeRawPointer, Int64) -> Turn)?
    /// The largest finite effective time so far.
    private(set) var latest = Int64.min

    /// All events have their turn at once, in the order in which they come.
    static let asTheyCome: @Sendable (UnsafeRawPointer, Int64) -> Turn = { _, _ in (.min + 1, 1) }

    init(turn: (@Sendable (UnsafeRawPointer, Int64) -> Turn)? = nil) { self.turn = turn }

    /// How many events wait.
    var count: Int { runs.reduce(0) { $0 + $1.entries.count } }

    /// Adds the events of a batch.
    mutating func add(_ batch: Batch) {
        guard batch.count > 0 else { return }
        var entries: [Entry] = []
        entries.reserveCapacity(batch.count)
        var isOrdered = true
        let (values, stride) = (batch.values.base, batch.values.element.stride)
        batch.forEachMarkedRow { row, mark in
            let time = batch.effectiveTime(row, mark)
            if time < .max { latest = max(latest, time) }
            let turn = turn?(values + row * stride, time) ?? (instant: time, rank: 1)
            if let last = entries.last, (turn.instant, turn.rank) < (last.instant, last.rank) { isOrdered = false }
            entries.append(
                Entry(row: UInt32(row), rank: turn.rank, instant: turn.instant, effectiveTime: time))
        }
        if !isOrdered { entries.sort { ($0.instant, $0.rank, $0.row) < ($1.instant, $1.rank, $1.row) } }
        runs.append(Run(batch: batch, entries: entries[...]))
    }

    /// Takes the events that have their turn up to `limit`, in canonical order, with the batches that they stand in.
    mutating func take(upTo limit: Int64) -> (batches: [Batch], rows: [Row]) {
        var batches: [Batch] = []
        var rows: [Row] = []
        for index in runs.indices {
            guard let first = runs[index].entries.first, first.instant <= limit else { continue }
            let entries = runs[index].entries
            let end = entries.firstIndex { $0.instant > limit } ?? entries.endIndex
            for entry in entries[..<end] {
                rows.append(
                    Row(
                        batch: batches.count, row: Int(entry.row), instant: entry.instant, rank: entry.rank,
                        effectiveTime: entry.effectiveTime))
            }
            batches.append(runs[index].batch)
            runs[index].entries = entries[end...]
        }
        runs.removeAll { $0.entries.isEmpty }
        if batches.count > 1 {
            rows.sort { a, b in
                if (a.instant, a.rank) != (b.instant, b.rank) { return (a.instant, a.rank) < (b.instant, b.rank) }
                return batches[a.batch].place(a.row, effectiveTime: a.effectiveTime)
                    .comesBeforeInOrigin(batches[b.batch].place(b.row, effectiveTime: b.effectiveTime))
            }
        }
        return (batches, rows)
    }

    // MARK: Checkpoints

    /// Writes what waits, by key group; all in one chunk where the stream has no keys.
    func snapshot(into state: inout StateWriter, byKeyGroup: Bool) throws {
        for run in runs {
            var groups: [UInt16?: [UInt32]] = [:]
            for entry in run.entries {
                let hashes = byKeyGroup ? run.batch.keys?.hashes : nil
                let group = hashes.map { UInt16(KeyRouter.group(of: $0.values[Int(entry.row)])) }
                groups[group, default: []].append(entry.row)
            }
            for (group, rows) in groups.sorted(by: { ($0.key ?? 0) < ($1.key ?? 0) }) {
                let column = Column<UInt32>(capacity: rows.count)
                for (k, row) in rows.sorted().enumerated() { column.values[k] = row }
                var rest = run.batch
                rest.selection = Selection(column, count: rows.count)
                try state.chunk(group: group) { chunk in
                    chunk.put(StateKind.waiting.rawValue)
                    try chunk.put(rest)
                }
            }
        }
    }
}
