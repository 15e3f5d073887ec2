/// A small value, as it is stored.
public struct StoredValue: Sendable, Hashable {
    /// Its key.
    public let key: CoordinationKey
    /// Its bytes.
    public let bytes: [UInt8]
    /// Rises with every change of the key, also over its deletion.
    public let revision: UInt64

    package init(key: CoordinationKey, bytes: [UInt8], revision: UInt64) {
        self.key = key
        self.bytes = bytes
        self.revision = revision
    }
}

/// A key that somebody has claimed, as others see it.
public struct ClaimedKey: Sendable, Hashable {
    /// What is claimed.
    public let key: CoordinationKey
    /// By whom, as the holder calls itself.
    public let holder: String
    /// With which epoch.
    public let epoch: UInt32

    package init(key: CoordinationKey, holder: String, epoch: UInt32) {
        self.key = key
        self.holder = holder
        self.epoch = epoch
    }
}

/// What the keys with one prefix hold, each list sorted by key.
///
/// Each key is as it was at some moment of the call; two keys may be as of different moments. A holder that has died is listed until
/// its lease and the margin are over.
public struct CoordinationSnapshot: Sendable, Hashable {
    /// The values.
    public let values: [StoredValue]
    /// The claims.
    public let claims: [ClaimedKey]

    package init(values: [StoredValue], claims: [ClaimedKey]) {
        self.values = values
        self.claims = claims
    }
}

/// What a change of a value is to find.
public enum Expectation: Sendable, Hashable {
    /// Whatever is there.
    case anything
    /// No value.
    case nothing
    /// The value of this revision.
    case revision(UInt64)

    package func accepts(_ current: StoredValue?) -> Bool {
        switch self {
        case .anything: true
        case .nothing: current == nil
        case .revision(let revision): current?.revision == revision
        }
    }
}

/// What becomes of a change of a value.
public enum ChangeAnswer: Sendable, Hashable {
    /// It was made, and has this revision.
    case done(revision: UInt64)
    /// It was not made: this is there instead of what was expected.
    case conflict(StoredValue?)
}
