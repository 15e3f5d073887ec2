internal import PenstockEvents

/// A session that has ended, before its row is made.
struct EndedSession: BitwiseCopyable {
    let code: UInt64
    let first: Int64
    let end: Int64
    let slot: UInt32

    var window: WindowSpan { WindowSpan(start: Timestamp(nanoseconds: first), end: Timestamp(nanoseconds: end)) }
}

extension SessionTable {
    /// Takes out all sessions that end by `limit`, in no particular order. Their slots stay taken.
    mutating func takeEnded(by limit: Int64, into ended: inout [EndedSession]) {
        deadlines.take(upTo: limit, into: &due)
        for deadline in due {
            let at = place(of: deadline.code)
            guard entries[at].session.slot != Entry.vacant else { continue }
            endSessions(at, by: limit, into: &ended)
            if entries[at].session.slot != Entry.vacant { renew(deadline, at) }
        }
        due.removeAll(keepingCapacity: true)
    }

    /// Takes out the sessions of one key that end by `limit`; a key with no other one is forgotten.
    private mutating func endSessions(_ at: Int, by limit: Int64, into ended: inout [EndedSession]) {
        let code = entries[at].code
        if entries[at].list != Entry.none {
            lists.takeEnded(by: limit, from: &entries[at].list) {
                ended.append(EndedSession(code: code, first: $0.first, end: $0.end, slot: $0.slot))
            }
        }
        let newest = entries[at].session
        guard entries[at].list == Entry.none, newest.end <= limit else { return }
        ended.append(EndedSession(code: code, first: newest.first, end: newest.end, slot: newest.slot))
        vacate(at)
    }

    /// Puts a session that was extended back into the queue, under its present end. Of the key's sessions only the oldest can hold an
    /// instant that has passed. A deadline that is not the session's own is one of a session that was merged into it.
    private mutating func renew(_ deadline: DeadlineQueue.Deadline, _ at: Int) {
        let (code, list) = (entries[at].code, entries[at].list)
        guard code == deadline.code else { return }
        let oldest = list == Entry.none ? entries[at].session : lists.oldest(list)
        guard oldest.first <= deadline.time, deadlineOfSlot[Int(oldest.slot)] == deadline.time else { return }
        deadlineOfSlot[Int(oldest.slot)] = oldest.end
        deadlines.add(DeadlineQueue.Deadline(time: oldest.end, code: code))
    }

    /// The keys that have an open session.
    var codes: Set<UInt64> {
        var codes: Set<UInt64> = []
        for at in 0...mask where entries[at].session.slot != Entry.vacant { codes.insert(entries[at].code) }
        return codes
    }
}
