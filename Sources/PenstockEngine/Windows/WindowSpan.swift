public import PenstockEvents

/// The span of a window: start included, end excluded. The end of a session is included.
public struct WindowSpan: Sendable, Hashable, BitwiseCopyable, Codable {
    /// The first instant of the window.
    public let start: Timestamp
    /// The first instant behind the window; of a session its last one.
    public let end: Timestamp

    /// A span.
    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}

/// The remainder of a division that rounds towards minus infinity; never negative for `b > 0`.
@inline(__always) func floorMod(_ a: Int64, _ b: Int64) -> Int64 {
    let remainder = a % b
    return remainder < 0 ? remainder + b : remainder
}
