internal import PenstockEvents

/// Events that wait on a lossy edge, the oldest first, in batches of which some rows may have been dropped.
struct WaitingEvents {
    /// Some rows of a batch, and what was said of time before them.
    struct Part {
        fileprivate var batch: Batch
        /// How many of its rows have been dropped.
        fileprivate var skipped = 0
        /// How many of its last rows have been taken.
        fileprivate var taken = 0
        /// How far time had come before the first row.
        let before: ToldTime
        /// Where it stands among everything that waits.
        let place: UInt64
        fileprivate let key: WaitingKey?

        fileprivate var count: Int { batch.count - skipped - taken }
    }

    /// In the order of their places; nil for what has been replaced.
    private var parts: [Part?] = []
    /// The place of the oldest part among `parts`.
    private var start = 0
    private var live = 0
    /// Where the part of each key is, where there is one for each.
    private var places: [WaitingKey: Int] = [:]
    /// How many events wait.
    private(set) var count = 0

    /// The oldest part.
    var first: Part? { start < parts.count ? parts[start] : nil }

    /// The newest part before a place.
    func newest(before place: UInt64) -> Part? { newestIndex(before: place).flatMap { parts[$0] } }

    /// Adds the latest `limit` rows of a batch.
    /// - Returns: How many rows had no room.
    mutating func append(_ batch: Batch, latest limit: Int, before: ToldTime, place: UInt64) -> Int {
        let kept = min(batch.count, limit)
        add(Part(batch: batch.tail(kept), before: before, place: place, key: nil))
        return batch.count - kept
    }

    /// Adds the latest row of each key in a batch, in place of what waits of the same key.
    /// - Returns: How many rows have been replaced.
    mutating func appendLatestOfEachKey(_ batch: Batch, before: ToldTime, firstPlace: UInt64) -> Int {
        var latest: [WaitingKey: Int] = [:]
        let keys = (0..<batch.count).map { WaitingKey(batch, batch.rows[$0]) }
        for (k, key) in keys.enumerated() { latest[key] = k }
        var replaced = batch.count - latest.count
        for (k, key) in keys.enumerated() where latest[key] == k {
            if let old = places[key] {
                remove(at: old)
                replaced += 1
            }
            places[key] = parts.count
            add(Part(batch: batch.copy(of: k..<k + 1), before: before, place: firstPlace + UInt64(k), key: key))
        }
        return replaced
    }

    /// Drops the oldest `number` events, of which there are as many.
    mutating func dropOldest(_ number: Int) {
        var left = number
        while left > 0, let oldest = first {
            if oldest.count <= left {
                left -= oldest.count
                remove(at: start)
            } else {
                parts[start]?.skipped += left
                count -= left
                left = 0
            }
        }
    }

    /// Drops what stands before a place.
    /// - Returns: How many events that were.
    mutating func drop(before place: UInt64) -> Int {
        let waiting = count
        while let oldest = first, oldest.place < place { remove(at: start) }
        return waiting - count
    }

    /// Takes the oldest part.
    mutating func popFirst() -> Batch? {
        guard let oldest = first else { return nil }
        remove(at: start)
        return oldest.skipped == 0 ? oldest.batch : oldest.batch.tail(oldest.count)
    }

    /// Takes the newest event before a place.
    mutating func popNewest(before place: UInt64) -> Batch? {
        guard let index = newestIndex(before: place), let part = parts[index] else { return nil }
        let row = part.batch.count - part.taken - 1
        if part.count == 1 {
            remove(at: index)
        } else {
            parts[index]?.taken += 1
            count -= 1
        }
        return part.batch.copy(of: row..<row + 1)
    }

    /// Where the newest part before a place is: hardly ever far from the end.
    private func newestIndex(before place: UInt64) -> Int? {
        var index = parts.count
        while index > start {
            index -= 1
            if let part = parts[index], part.place < place { return index }
        }
        return nil
    }

    private mutating func add(_ part: Part) {
        parts.append(part)
        live += 1
        count += part.count
    }

    private mutating func remove(at index: Int) {
        guard let part = parts[index] else { preconditionFailure("an event waits no more") }
        if let key = part.key { places[key] = nil }
        parts[index] = nil
        live -= 1
        count -= part.count
        while start < parts.count, parts[start] == nil { start += 1 }
        if parts.count > 2 * live + 64 { closeGaps() }
    }

    private mutating func closeGaps() {
        parts.removeAll { $0 == nil }
        start = 0
        for (index, part) in parts.enumerated() {
            if let key = part?.key { places[key] = index }
        }
    }
}

/// How far a sender has said that time has come.
struct ToldTime: Sendable, Equatable {
    var watermark = Timestamp.distantPast
    /// By its time marks.
    var mark = Timestamp.distantPast
}

/// The canonical bytes of a key, or its hash where that is one to one.
private struct WaitingKey: Hashable {
    let hash: UInt64
    let bytes: [UInt8]

    init(_ batch: Batch, _ row: Int) {
        guard let keys = batch.keys else {
            preconditionFailure("events without a key reached an edge that works by key")
        }
        hash = keys.hashes.values[row]
        bytes = keys.arena?.withKey(row) { Array($0) } ?? []
    }
}

extension Batch {
    /// The last `number` rows. They get columns of their own where most of the memory would be for others.
    fileprivate func tail(_ number: Int) -> Batch {
        guard number * 2 >= rowCount else { return copy(of: count - number..<count) }
        guard number < count else { return self }
        let column = Column<UInt32>(capacity: number)
        for k in 0..<number { column.values[k] = UInt32(rows[count - number + k]) }
        var tail = self
        tail.selection = Selection(column, count: number)
        return tail
    }

    /// Some of the rows, in columns of their own.
    fileprivate func copy(of places: Range<Int>) -> Batch {
        let chosen = places.map { rows[$0] }
        var copy = Batch(
            gathering: chosen.map { (self, $0) }, baseSequence: baseSequence + UInt64(chosen[0]), watermark: watermark)
        copy.input = input
        if !behind.isEmpty {
            for (k, row) in chosen.enumerated() { copy.behind += marks(of: row..<row + 1, movedTo: k) }
        }
        return copy
    }
}
