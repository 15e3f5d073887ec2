/// A mean over five blocks of a simulation, and how far it may be off.
public struct BlockAverage: Sendable, Hashable {
    /// How many blocks a simulation is cut into.
    public static let blockCount = 5

    /// The value over the whole simulation.
    public let value: Double
    /// One standard deviation of the value: that of the blocks over the square root of their number.
    public let standardError: Double

    /// A value with its standard error.
    public init(value: Double, standardError: Double) { (self.value, self.standardError) = (value, standardError) }

    /// The value over all blocks and the spread of the blocks' own values.
    init(value: Double, blocks: [Double]) {
        let mean = blocks.reduce(0, +) / Double(blocks.count)
        let variance = blocks.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(blocks.count - 1)
        self.init(value: value, standardError: (variance / Double(blocks.count)).squareRoot())
    }

    /// The standard error where it is finite; nil where nothing is known of it.
    var knownError: Double? { standardError.isFinite ? standardError : nil }

    /// Half the width of the 95 % confidence interval: Student's t for four degrees of freedom, 2.776, times the standard error.
    public var error95: Double { 2.776 * standardError }

    /// The standard error over the value; infinite for a value of zero that has one, and zero for one without.
    public var relativeError: Double { standardError == 0 ? 0 : standardError / abs(value) }
}
