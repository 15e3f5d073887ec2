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

    /// The number of the entry that counts, and its value.
    private mutating func current(
        _ key: CoordinationKey
    ) throws(CoordinatorError) -> (number: UInt64, value: StoredValue?) {
        for _ in 0..<CoordinationLimits.attempts {
            let number = try tried { () throws(StorageError) in try values.list(key) }.highest
            if number == 0 { return (0, nil) }
            let bytes = try contents.content(of: key, number, in: values) { ValueContent.open($0) }
            // Where it is gone there are higher ones.
            guard let bytes else { continue }
            return (number, bytes.map { StoredValue(key: key, bytes: $0, revision: number) })
        }
        throw CoordinatorError.contended(key)
    }
}
