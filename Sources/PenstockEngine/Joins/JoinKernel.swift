public import PenstockEvents

/// What a join gives for events without a partner.
public enum JoinKind: String, Sendable, Hashable {
    /// Nothing.
    case inner
    /// A row for each event of the left side.
    case left
    /// A row for each event of the right side.
    case right
    /// A row for each event of either side.
    case full

    /// Whether an event of the left side without a partner gives a row.
    var keepsLeft: Bool { self == .left || self == .full }
    /// Whether an event of the right side without a partner gives a row.
    var keepsRight: Bool { self == .right || self == .full }
}

/// Two events that belong together, or one that has no partner.
public struct JoinPair: BitwiseCopyable {
    /// The event of the left side.
    public let left: UnsafeRawPointer?
    /// The event of the right side.
    public let right: UnsafeRawPointer?

    init(left: UnsafeRawPointer?, right: UnsafeRawPointer?) {
        self.left = left
        self.right = right
    }
}

/// What a join makes of events that belong together. Formed at the author's call site, so that the loops contain the author's closures.
public struct JoinKernel: Sendable {
    enum Form: Sendable {
        case pairs(JoinKind, @Sendable (UnsafePointer<JoinPair>, Int, UnsafeMutableRawPointer) -> KernelOutcome)
        case groups(@Sendable (JoinGroup, inout JoinOutput) throws -> Void)
    }

    let left: ValueType
    let right: ValueType
    let output: ValueType
    let form: Form

    /// A row for each pair: initialises the k-th value of the output from the k-th pair.
    public init(
        left: ValueType, right: ValueType, output: ValueType, kind: JoinKind,
        pairs:
            @escaping @Sendable (
                _ pairs: UnsafePointer<JoinPair>, _ count: Int, _ output: UnsafeMutableRawPointer
            ) -> KernelOutcome
    ) {
        self.left = left
        self.right = right
        self.output = output
        form = .pairs(kind, pairs)
    }

    /// Any number of rows for all events of a key and window.
    public init(
        left: ValueType, right: ValueType, output: ValueType,
        groups: @escaping @Sendable (_ group: JoinGroup, _ output: inout JoinOutput) throws -> Void
    ) {
        self.left = left
        self.right = right
        self.output = output
        form = .groups(groups)
    }

    /// What is done in words, for `explain`.
    var summary: String {
        switch form {
        case .pairs(let kind, _): "\(kind.rawValue) join of \(left.name) and \(right.name)"
        case .groups: "groups of \(left.name) and \(right.name)"
        }
    }
}

/// All events of a key in a window, those of each side in canonical order. Valid while the kernel runs.
public struct JoinGroup {
    /// The window.
    public let window: WindowSpan
    /// The events of the left side.
    public let lefts: JoinSide
    /// The events of the right side.
    public let rights: JoinSide
    let code: UInt64
    let keyBytes: [UInt8]?

    /// The key, of the type by which both sides are keyed.
    public func key<Key: EventKey>(as type: Key.Type) -> Key {
        guard let keyBytes else {
            return withUnsafeBytes(of: SplitMix64.unmix(code).bigEndian) { Key(canonicalBytes: $0) }
        }
        return keyBytes.withUnsafeBytes { Key(canonicalBytes: $0) }
    }
}

/// The events of one side of a group.
public struct JoinSide {
    @usableFromInline let events: UnsafeBufferPointer<KeptEvent>

    init(_ events: UnsafeBufferPointer<KeptEvent>) { self.events = events }

    /// The values, copied.
    @inlinable public func values<Value>(_ type: Value.Type = Value.self) -> [Value] {
        events.map { $0.value.assumingMemoryBound(to: Value.self).pointee }
    }
}
