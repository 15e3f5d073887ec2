extension FileRendezvous {
    /// Tries to get a key, once.
    ///
    /// Of two who take over at once, the one who publishes the next entry wins. Whoever was so slow that its entry's number had been used
    /// and removed before sees the higher ones behind its publication, and has lost. A process that dies on the way leaves an entry of
    /// its session, which is dead as it is.
    package mutating func claim(
        _ key: CoordinationKey, for holder: String, above floor: UInt32
    ) throws(CoordinatorError) -> ClaimAnswer {
        try CoordinationLimits.check(name: holder, "a holder's name")
        let session = try liveSession()
        if let lease = session.lease(of: key), lease.isHeld {
            return .taken(by: lease.holder, until: lease.heldUntil)
        }
        var empty: UInt64?
        for _ in 0..<CoordinationLimits.attempts {
            let listing = try tried { () throws(StorageError) in try claims.list(key) }
            var previous: UInt32 = 0
            if listing.highest > 0 {
                if let top = try claimContent(of: key, listing.highest) {
                    previous = top.epoch
                    if !listing.highestHasEnded, let until = try takenUntil(top) {
                        return .taken(by: top.holder, until: until)
                    }
                } else if empty == listing.highest {
                    previous = try highestEpoch(of: key, below: listing)
                } else {
                    // Others have published and removed, or it stays as it is.
                    empty = listing.highest
                    continue
                }
            }
            let (epoch, overflow) = max(previous, floor).addingReportingOverflow(1)
            guard !overflow else { throw CoordinatorError(.refused, "\(key) has had all epochs that there are") }
            let lease = makeLease(key, for: holder, epoch: epoch, session)
            if try publish(lease, number: listing.highest + 1, session) { return .held(lease) }
        }
        throw CoordinatorError.contended(key)
    }

    /// Publishes the entry of a lease; true where nobody else has the key then.
    private mutating func publish(
        _ lease: Lease, number: UInt64, _ session: LeaseSession
    ) throws(CoordinatorError) -> Bool {
        let key = lease.key
        let content = ClaimContent(
            holder: lease.holder, session: session.id, epoch: lease.epoch, lease: timing.lease)
        let draft = newDraft(session)
        do throws(CoordinatorError) {
            let (isPublished, listing) = try tried { () throws(StorageError) in
                let isPublished = try claims.publish(
                    content.sealed, as: number, of: key, draft: draft.folder, name: draft.name)
                return (isPublished, try claims.list(key))
            }
            guard isPublished, listing.highest == number else { return false }
            guard session.holds(at: clock.now()) else { throw tooSlow }
            adopt(lease, number: number, session)
            claims.removeOld(listing, of: key)
            return true
        } catch {
            disown(number, of: key, name: draft.name)
            throw error
        }
    }

    /// The highest epoch that the entries below an empty highest one tell. Of an empty one nobody has the epoch: its process was taken for
    /// dead, and its drafts were removed while it published one, after which it does not believe in it either.
    private mutating func highestEpoch(
        of key: CoordinationKey, below listing: NumberedEntries.Listing
    ) throws(CoordinatorError) -> UInt32 {
        var highest: UInt32 = 0
        for number in listing.numbers where number < listing.highest {
            highest = max(highest, try claimContent(of: key, number)?.epoch ?? 0)
        }
        return highest
    }

    /// The claim of an entry; nil where it is gone.
    private mutating func claimContent(
        of key: CoordinationKey, _ number: UInt64
    ) throws(CoordinatorError) -> ClaimContent? {
        try contents.content(of: key, number, in: claims) { ClaimContent($0) }
    }

    /// Until when a claim of another process that was not ended holds at least; nil where nobody believes in it any more.
    private mutating func takenUntil(_ claim: ClaimContent) throws(CoordinatorError) -> MonotonicInstant? {
        // What this process has claimed and holds it knows by itself; what else there is of it, it does not believe in.
        guard !isOwn(claim.session) else { return nil }
        guard case .alive(let until) = try look(at: claim.session, lease: claim.lease) else { return nil }
        return until
    }

    /// The claims of the keys with a prefix, sorted.
    mutating func claimedKeys(under prefix: String) throws(CoordinatorError) -> [ClaimedKey] {
        var keys: [ClaimedKey] = []
        for key in try tried({ () throws(StorageError) in try claims.keys(under: prefix) }) {
            let listing = try tried { () throws(StorageError) in try claims.list(key) }
            guard listing.highest > 0, !listing.highestHasEnded,
                let claim = try claimContent(of: key, listing.highest)
            else { continue }
            let isHeld =
                if isOwn(claim.session) {
                    session?.lease(of: key)?.isHeld ?? false
                } else {
                    try takenUntil(claim) != nil
                }
            if isHeld { keys.append(ClaimedKey(key: key, holder: claim.holder, epoch: claim.epoch)) }
        }
        return keys
    }
}
