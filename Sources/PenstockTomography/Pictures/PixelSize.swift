public import Penstock

/// The size of a detector pixel at the sample: a positive number of micrometres.
public struct PixelSize: Sendable, Hashable, CustomStringConvertible {
    /// In micrometres.
    public let micrometres: Double

    /// A size; nil where it is not a positive finite number.
    public init?(micrometres: Double) {
        guard micrometres > 0, micrometres.isFinite else { return nil }
        self.micrometres = micrometres
    }

    /// Such as `0.65 um`.
    public var description: String { "\(micrometres) um" }
}

extension PixelSize: ExpressibleByArgument {
    /// The size as the command line has it, in micrometres: `0.65` or `0.65um`.
    public init?(argument: String) {
        guard let number = Double(argument.hasSuffix("um") ? argument.dropLast(2) : argument[...]) else { return nil }
        self.init(micrometres: number)
    }
}
