/// A value, or that there is none any more, as an entry holds it.
private enum ValueContent {
    static func seal(_ bytes: [UInt8]?) -> [UInt8] { SealedContent.seal([bytes == nil ? 0 : 1] + (bytes ?? [])) }

    /// The bytes, or nil in the optional for a deletion; nil where the content is not as it was sealed.
    static func open(_ sealed: [UInt8]) -> [UInt8]?? {
        guard let content = SealedContent.open(sealed), let kind = content.first else { return nil }
        return .some(kind == 0 ? nil : Array(content.dropFirst()))
    }
}

extension FileRendezvous {
    /// The value of a key; nil where there is none.
    package mutating func value(of key: CoordinationKey) throws(CoordinatorError) -> StoredValue? {
        try current(key).value
    }

    /// Changes or deletes a value, where the key holds what is expected.
    package mutating func change(
        _ key: CoordinationKey, to bytes: [UInt8]?, expecting expectation: Expectation
    ) throws(CoordinatorError) -> ChangeAnswer {
        try CoordinationLimits.check(value: bytes, of: key)
        let session = try liveSession()
        for _ in 0..<CoordinationLimits.attempts {
            let (number, value) = try current(key)
            guard expectation.accepts(value) else { return .conflict(value) }
            if bytes == nil, value == nil { return .done(revision: number) }
            let draft = newDraft(session)
            let (isPublished, listing) = try tried { () throws(StorageError) in
                let isPublished = try values.publish(
                    ValueContent.seal(bytes), as: number + 1, of: key, draft: draft.folder, name: draft.name)
                return (isPublished, try values.list(key))
            }
            // Were there much higher ones, they could be older: this number was used and removed before.
            guard isPublished, listing.highest <= number + 1 + values.keptEntries else { continue }
            // Who was taken for dead meanwhile may have published an empty entry: its drafts are removed.
            guard session.holds(at: clock.now()) else { throw tooSlow }
            values.removeOld(listing, of: key)
            return .done(revision: number + 1)
        }
        throw CoordinatorError.contended(key)
    }

    /// The values and claims of the keys with a prefix.
    package mutating func snapshot(under prefix: String) throws(CoordinatorError) -> CoordinationSnapshot {
        var stored: [StoredValue] = []
        for key in try tried({ () throws(StorageError) in try values.keys(under: prefix) }) {
            if let value = try current(key).value { stored.append(value) }
        }
        return CoordinationSnapshot(values: stored, claims: try claimedKeys(under: prefix))
    }

    /// The number of the entry that counts, and its value. An empty entry, which a process has left that was taken for dead, does not count: the
    /// next one takes its place.
    private mutating func current(
        _ key: CoordinationKey
    ) throws(CoordinatorError) -> (number: UInt64, value: StoredValue?) {
        var empty: UInt64 = 0
        for _ in 0..<CoordinationLimits.attempts {
            let listing = try tried { () throws(StorageError) in try values.list(key) }
            let highest = listing.highest
            if highest == 0 { return (0, nil) }
            if let value = try stored(key, highest) { return (highest, value) }
            // Others have published and removed, or it stays as it is.
            guard empty == highest else {
                empty = highest
                continue
            }
            for lower in listing.numbers.sorted(by: >) where lower < highest {
                if let value = try stored(key, lower) { return (highest - 1, value) }
            }
            return (highest - 1, nil)
        }
        throw CoordinatorError.contended(key)
    }

    /// What an entry says: a value, or nil in the optional for none; nil where the entry is gone or empty.
    private mutating func stored(
        _ key: CoordinationKey, _ number: UInt64
    ) throws(CoordinatorError) -> StoredValue?? {
        try contents.content(of: key, number, in: values) { ValueContent.open($0) }.map { bytes in
            bytes.map { StoredValue(key: key, bytes: $0, revision: number) }
        }
    }
}
