/// Where numbers come from that only have to differ, as a seam: the names of new files take them, the fault simulator repeats them.
public protocol RandomSource: Sendable {
    /// The next number, evenly distributed over all values.
    func next() -> UInt64
}

/// The system's generator of random numbers.
public struct SystemRandomSource: RandomSource {
    /// The system's generator.
    public init() {}

    /// The next number; it cannot be foreseen.
    public func next() -> UInt64 { .random(in: .min ... .max) }
}
