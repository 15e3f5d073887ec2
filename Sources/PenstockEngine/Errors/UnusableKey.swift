public import PenstockEvents

/// A key that none can be.
public struct UnusableKey: EventDefect {
    private let text: String

    /// The key that was given.
    public init(_ key: some EventKey) { text = "\(key)" }

    /// That it is none.
    public var summary: String { "the key of an event is \(text), which cannot be one" }
    /// What to do.
    public var hint: String? {
        "filter such events out before, or leave them out with .onError(.skip) behind KeyBy(…)"
    }
    /// The input's.
    public var category: FailureCategory { .data }
}
