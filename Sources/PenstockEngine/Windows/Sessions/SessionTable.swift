internal import PenstockEvents

/// The open sessions of all keys: which session an event belongs to, which sessions become one, which have ended.
///
/// Open addressing from key code to the newest session of the key, which stands in the table itself; the few keys with more than one open
/// session have the older ones in a list. The state of a session is somewhere else, under the number of its slot. A key without an
/// open session is forgotten. Ownership: the memory is a column that nobody else writes to.
struct SessionTable {
    /// A place in the table: a key and its newest session, or nothing.
    struct Entry: BitwiseCopyable {
        var code: UInt64
        var session: OpenSession
        /// The list of the key's older sessions, or `none`.
        var list: UInt32

        static let none = UInt32.max
        /// The slot of an entry that is not taken.
        static let vacant = UInt32.max
    }

    var memory: Column<Entry>
    var entries: UnsafeMutablePointer<Entry>
    var mask: Int
    var used = 0
    var lists = SessionLists()
    var deadlines = DeadlineQueue()
    let store: AggregateStore
    /// The instant under which each slot's session is found in the queue of deadlines.
    var deadlineOfSlot: [Int64] = []
    /// Sessions that have become one since they were last looked at, in order.
    private(set) var merges: [SessionMerge] = []
    /// Instants that have passed, while they are looked at.
    var due: [DeadlineQueue.Deadline] = []

    /// The fewest places of a table.
    private static let smallest = 16

    /// No sessions; the states of those to come are in `store`.
    init(_ store: AggregateStore) {
        self.store = store
        (memory, entries, mask) = Self.empty(Self.smallest)
    }

    /// How many keys have an open session.
    var keyCount: Int { used }

    /// The bytes of the table, without the lists.
    var byteCount: Int { memory.capacity * MemoryLayout<Entry>.stride }

    /// How many sessions are open, and where the first of them ends.
    var open: (count: Int, firstEnd: Int64?) {
        var (count, first) = (0, Int64.max)
        for at in 0...mask where entries[at].session.slot != Entry.vacant {
            let older = lists.all(entries[at].list)
            count += 1 + older.count
            first = min(first, older.first?.end ?? entries[at].session.end)
        }
        return (count, count > 0 ? first : nil)
    }

    // MARK: Adding

    /// Writes the slot of each row's session to `target`, one after the other.
    /// - Returns: The first of the rows, counted among them, whose gap is none; otherwise nil.
    mutating func assign(
        _ rows: Rows, times: UnsafePointer<Int64>, codes: UnsafePointer<UInt64>, gaps: SessionGaps,
        to target: UnsafeMutablePointer<UInt32>
    ) -> Int? {
        for k in 0..<rows.count {
            let row = rows[k]
            let (time, code) = (times[row], codes[row])
            let gap = gaps.each?[row] ?? gaps.fixed
            if gap <= 0 || gap > SessionWindows.longest { return k }
            let at = place(of: code)
            let session = entries[at].session
            if session.slot != Entry.vacant, time >= session.first, time <= session.end {
                // By far the most frequent: no older session can reach this one.
                entries[at].session.end = max(session.end, time &+ gap)
                target[k] = session.slot
            } else {
                target[k] = place(OpenSession(first: time, end: time &+ gap, slot: Entry.vacant), code, at)
            }
        }
        return nil
    }

    /// Takes an event's interval in that does not begin inside the newest session of its key.
    @inline(never) private mutating func place(_ interval: OpenSession, _ code: UInt64, _ at: Int) -> UInt32 {
        let newest = entries[at].session
        if newest.slot == Entry.vacant {
            let session = open(interval, code)
            entries[at] = Entry(code: code, session: session, list: Entry.none)
            used += 1
            if used * 2 > mask { grow() }
            return session.slot
        }
        if interval.first > newest.end {
            let session = open(interval, code)
            lists.append(newest, to: &entries[at].list)
            entries[at].session = session
            return session.slot
        }
        return placeBefore(newest, interval, code, at)
    }

    /// Takes an interval in that begins before the newest session: it may reach that one and any number of older ones.
    private mutating func placeBefore(
        _ newest: OpenSession, _ interval: OpenSession, _ code: UInt64, _ at: Int
    ) -> UInt32 {
        let touched = lists.touched(by: interval, in: entries[at].list)
        let reachesNewest = interval.end >= newest.first
        guard reachesNewest || !touched.isEmpty else {
            let session = open(interval, code)
            lists.insert(session, at: touched.lowerBound, to: &entries[at].list)
            return session.slot
        }
        var merged = interval
        for place in touched { join(lists.session(place, in: entries[at].list), to: &merged) }
        if reachesNewest {
            join(newest, to: &merged)
            entries[at].session = merged
            lists.remove(touched, from: &entries[at].list)
        } else {
            lists.replace(touched, by: merged, in: entries[at].list)
        }
        return merged.slot
    }

    private mutating func join(_ session: OpenSession, to merged: inout OpenSession) {
        merged.first = min(merged.first, session.first)
        merged.end = max(merged.end, session.end)
        if merged.slot == Entry.vacant {
            merged.slot = session.slot
        } else {
            merges.append(SessionMerge(later: session.slot, into: merged.slot))
        }
    }

    private mutating func open(_ interval: OpenSession, _ code: UInt64) -> OpenSession {
        var session = interval
        session.slot = store.allocate()
        while deadlineOfSlot.count <= session.slot { deadlineOfSlot.append(.min) }
        deadlineOfSlot[Int(session.slot)] = interval.end
        deadlines.add(DeadlineQueue.Deadline(time: interval.end, code: code))
        return session
    }

    /// Takes out the merges so far, in order.
    mutating func takeMerges(_ body: (SessionMerge) throws -> Void) rethrows {
        for merge in merges { try body(merge) }
        merges.removeAll(keepingCapacity: true)
    }

    /// Opens a session of a checkpoint, which is newer than all others of its key, and gives its slot.
    mutating func restore(_ session: (first: Int64, end: Int64), of code: UInt64) -> UInt32 {
        place(OpenSession(first: session.first, end: session.end, slot: Entry.vacant), code, place(of: code))
    }

    // MARK: Places

    /// The place of a key, or of a vacancy where it would stand.
    @inline(__always) func place(of code: UInt64) -> Int {
        var at = Int(truncatingIfNeeded: code) & mask
        while entries[at].code != code, entries[at].session.slot != Entry.vacant { at = (at &+ 1) & mask }
        return at
    }

    /// Vacates a place and moves those behind it up that the gap would cut off.
    mutating func vacate(_ place: Int) {
        var gap = place
        var at = (place &+ 1) & mask
        while entries[at].session.slot != Entry.vacant {
            let home = Int(truncatingIfNeeded: entries[at].code) & mask
            if (at &- home) & mask >= (at &- gap) & mask {
                entries[gap] = entries[at]
                gap = at
            }
            at = (at &+ 1) & mask
        }
        entries[gap].session.slot = Entry.vacant
        used -= 1
    }

    private mutating func grow() {
        let (old, oldMemory, oldMask) = (entries, memory, mask)
        defer { withExtendedLifetime(oldMemory) {} }
        (memory, entries, mask) = Self.empty((oldMask + 1) * 2)
        for from in 0...oldMask where old[from].session.slot != Entry.vacant {
            entries[place(of: old[from].code)] = old[from]
        }
    }

    private static func empty(_ capacity: Int) -> (Column<Entry>, UnsafeMutablePointer<Entry>, Int) {
        let memory = Column<Entry>(capacity: capacity)
        let vacancy = Entry(
            code: 0, session: OpenSession(first: 0, end: 0, slot: Entry.vacant), list: Entry.none)
        memory.values.initialize(repeating: vacancy, count: capacity)
        return (memory, memory.values, capacity - 1)
    }
}

/// The closed interval of time that the events of a session cover so far, and where its state is.
struct OpenSession: BitwiseCopyable {
    var first: Int64
    var end: Int64
    var slot: UInt32
}

/// Two sessions have become one.
struct SessionMerge {
    /// The slot whose state goes into the other one's.
    let later: UInt32
    let into: UInt32
}

/// How long the sessions of a batch last behind its events.
struct SessionGaps {
    /// For all rows, where `each` is nil.
    let fixed: Int64
    /// For each row, at its place.
    let each: UnsafePointer<Int64>?
}
