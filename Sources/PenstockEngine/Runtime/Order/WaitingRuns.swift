internal import PenstockEvents

/// Rows that wait for their turn: runs in canonical order, and a heap of those runs whose next row may be the next of all.
///
/// A batch is one run where its rows are in order. Otherwise those that are not below an earlier one are a run, and the others are sorted
/// and are a second. A run that begins behind the end of another waits for that one's end and not in the heap. So what comes from one
/// sender in order is compared with what comes from the others only, and a row is looked at when it is its turn.
struct WaitingRuns {
    /// How many runs are kept in mind as those that a later one may follow.
    private static let tailLimit = 8

    private var cursors: [MergeCursor] = []
    private var waiting: [WaitingRows?] = []
    private var free: [Int] = []
    private var heap: [MergeHead] = []
    private var tails: [Int] = []
    /// Runs that have come to their end and whose last rows have been chosen, but not yet taken.
    private var ended: [Int] = []
    private var arrivals: UInt64 = 0

    /// Whether no row waits.
    var isEmpty: Bool { heap.isEmpty }

    /// How many rows wait.
    var count: Int {
        cursors.indices.reduce(0) { waiting[$1] == nil ? $0 : $0 + cursors[$1].end - cursors[$1].position }
    }

    /// The batches with the rows that still wait, in the order in which they came.
    var batches: [Batch] {
        cursors.indices.filter { waiting[$0] != nil }.sorted { cursors[$0].arrival < cursors[$1].arrival }.compactMap {
            run in
            let cursor = cursors[run]
            let left = (cursor.position..<cursor.end).map { UInt32(cursor.row($0)) }.sorted()
            return waiting[run]?.batch.selecting(left)
        }
    }

    // MARK: Adding

    /// Adds the rows of a batch that count.
    mutating func add(_ batch: Batch) {
        guard batch.count > 0 else { return }
        let columns = WaitingRows.RowColumns(batch)
        let whole = WaitingRows(batch: batch, rows: batch.selection?.rows, columns: columns)
        let cursor = whole.cursor(run: 0, count: batch.count, arrival: 0)
        var inOrder: [UInt32] = []
        var others: [UInt32] = []
        var last = cursor.head(0)
        var lastRow = cursor.row(0)
        for position in 1..<batch.count {
            let (head, row) = (cursor.head(position), cursor.row(position))
            if Self.precedes(head, batch, row, last, batch, lastRow) {
                if others.isEmpty { inOrder = (0..<position).map { UInt32(cursor.row($0)) } }
                others.append(UInt32(position))
            } else {
                if !others.isEmpty { inOrder.append(UInt32(row)) }
                (last, lastRow) = (head, row)
            }
        }
        guard !others.isEmpty else { return add(whole, count: batch.count) }
        let heads = others.map { (head: cursor.head(Int($0)), row: UInt32(cursor.row(Int($0)))) }
        let sorted = heads.sorted { a, b in
            Self.precedes(a.head, batch, Int(a.row), b.head, batch, Int(b.row))
        }
        add(WaitingRows(batch: batch, rows: Column(inOrder), columns: columns), count: inOrder.count)
        add(WaitingRows(batch: batch, rows: Column(sorted.map(\.row)), columns: columns), count: sorted.count)
    }

    private mutating func add(_ rows: WaitingRows, count: Int) {
        let run = free.popLast() ?? cursors.count
        let cursor = rows.cursor(run: run, count: count, arrival: arrivals)
        arrivals += 1
        if run == cursors.count {
            cursors.append(cursor)
            waiting.append(rows)
        } else {
            cursors[run] = cursor
            waiting[run] = rows
        }
        if let place = tails.firstIndex(where: { follows(run, $0) }) {
            cursors[tails[place]].following = run
            tails.remove(at: place)
        } else {
            push(cursor.head(0))
        }
        if tails.count == Self.tailLimit { tails.removeFirst() }
        tails.append(run)
    }

    /// Whether no row of a run that has just come is below the last of another.
    private func follows(_ run: Int, _ other: Int) -> Bool {
        guard let rows = waiting[run], let otherRows = waiting[other] else { return false }
        let (cursor, otherCursor) = (cursors[run], cursors[other])
        let end = otherCursor.end - 1
        return !Self.precedes(
            cursor.head(0), rows.batch, cursor.row(0), otherCursor.head(end), otherRows.batch, otherCursor.row(end))
    }

    // MARK: Taking

    /// Chooses the next rows up to an effective time, as many as there is room for; they have to be taken with `gather`.
    mutating func choose(upTo limit: Int64, into chosen: inout ChosenRows) {
        while let top = heap.first, top.effectiveTime <= limit, !chosen.isFull {
            let rival = rivalOfFirst
            var cursor = cursors[top.run]
            var head = top
            repeat {
                chosen.append(run: top.run, row: cursor.row(cursor.position))
                cursor.position += 1
                guard cursor.position < cursor.end else { break }
                head = cursor.head(cursor.position)
                // The cursor is looked at where the rest of a long key decides.
                if cursor.hasLongKeys { cursors[top.run] = cursor }
            } while !chosen.isFull && head.effectiveTime <= limit && rival.map { precedes(head, $0) } ?? true
            cursors[top.run] = cursor
            if cursor.position < cursor.end {
                heap[0] = head
                siftDown()
            } else {
                end(top.run, cursor.following)
            }
        }
    }

    private mutating func end(_ run: Int, _ following: Int?) {
        ended.append(run)
        if let place = tails.firstIndex(of: run) { tails.remove(at: place) }
        if let following {
            heap[0] = cursors[following].head(0)
        } else {
            let last = heap.removeLast()
            guard !heap.isEmpty else { return }
            heap[0] = last
        }
        siftDown()
    }

    /// The number that the row has which was chosen first.
    func sequence(ofFirst chosen: ChosenRows) -> UInt64? {
        guard let (run, row) = chosen.first else { return nil }
        return cursors[run].sequence(row)
    }

    /// A batch of the chosen rows, in their order, or one for each of their origins; their rows are numbered from `sequence` on.
    mutating func gather(
        _ chosen: inout ChosenRows, byOrigin: Bool, sequence: inout UInt64, watermark: Timestamp
    ) -> [Batch] {
        var batches: [Batch] = []
        for part in byOrigin ? chosen.byOrigin(cursors) : [chosen] {
            batches.append(part.batch(from: cursors, waiting, baseSequence: sequence, watermark: watermark))
            sequence += UInt64(part.count)
        }
        chosen.removeAll()
        for run in ended {
            waiting[run] = nil
            free.append(run)
        }
        ended.removeAll(keepingCapacity: true)
        return batches
    }

    // MARK: The heap

    private var rivalOfFirst: MergeHead? {
        guard heap.count > 1 else { return nil }
        return heap.count > 2 && precedes(heap[2], heap[1]) ? heap[2] : heap[1]
    }

    private mutating func push(_ head: MergeHead) {
        heap.append(head)
        var at = heap.count - 1
        while at > 0 {
            let parent = (at - 1) / 2
            guard precedes(head, heap[parent]) else { break }
            heap[at] = heap[parent]
            at = parent
        }
        heap[at] = head
    }

    /// Brings the first head to its place.
    private mutating func siftDown() {
        let head = heap[0]
        let count = heap.count
        var at = 0
        while true {
            var child = 2 * at + 1
            guard child < count else { break }
            if child + 1 < count, precedes(heap[child + 1], heap[child]) { child += 1 }
            guard precedes(heap[child], head) else { break }
            heap[at] = heap[child]
            at = child
        }
        heap[at] = head
    }

    /// Whether the next row of one run comes before that of another.
    @inline(__always) private func precedes(_ a: MergeHead, _ b: MergeHead) -> Bool {
        if let known = a.precedes(b) { return known }
        return precedesByRest(a, b)
    }

    private func precedesByRest(_ a: MergeHead, _ b: MergeHead) -> Bool {
        if cursors[a.run].hasLongKeys, let rowsA = waiting[a.run], let rowsB = waiting[b.run] {
            let (cursorA, cursorB) = (cursors[a.run], cursors[b.run])
            let order = rowsA.batch.placeKeyOrder(
                cursorA.row(cursorA.position), rowsB.batch, cursorB.row(cursorB.position))
            if order != .equal { return order == .less }
        }
        return a.precedesInSequence(b)
    }

    /// Whether a row of a batch comes before a row of another.
    @inline(__always) private static func precedes(
        _ a: MergeHead, _ batchA: Batch, _ rowA: Int, _ b: MergeHead, _ batchB: Batch, _ rowB: Int
    ) -> Bool {
        if let known = a.precedes(b) { return known }
        if batchA.placeKeys?.arena != nil {
            let order = batchA.placeKeyOrder(rowA, batchB, rowB)
            if order != .equal { return order == .less }
        }
        return a.precedesInSequence(b)
    }
}

extension Column where Element == UInt32 {
    convenience init(_ numbers: [UInt32]) {
        self.init(capacity: numbers.count)
        values.update(from: numbers, count: numbers.count)
    }
}

extension Batch {
    /// The rows of each key group; all of them together where they have no keys.
    var partsByGroup: [UInt16?: Batch] {
        guard let keys else { return [nil: self] }
        var rows: [UInt16: [UInt32]] = [:]
        forEachRow { row in
            rows[UInt16(KeyRouter.group(of: keys.hashes.values[row])), default: []].append(UInt32(row))
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0, selecting($1)) })
    }

    /// The batch with these rows only, which are in ascending order.
    func selecting(_ rows: [UInt32]) -> Batch {
        var batch = self
        batch.selection = Selection(Column(rows), count: rows.count)
        return batch
    }
}
