/// A pressure of a gas, above zero.
public struct Pressure: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The pressure in Pa.
    public let pascal: Double

    /// A pressure in Pa; nil where it is not above zero, or above 1 GPa.
    public init?(pascal: Double) {
        guard pascal > 0, pascal <= 1e9 else { return nil }
        self.pascal = pascal
    }

    /// A pressure as people write it, such as `0.15bar`, `1 bar`, `10kPa` or `1e4Pa`; nil where it is none.
    public init?(_ text: String) {
        let bare = text.filter { $0 != " " }.lowercased()
        for (unit, factor) in [("mbar", 100.0), ("bar", 1e5), ("kpa", 1e3), ("mpa", 1e6), ("pa", 1)]
        where bare.hasSuffix(unit) {
            guard let number = Double(bare.dropLast(unit.count)) else { return nil }
            self.init(pascal: number * factor)
            return
        }
        return nil
    }

    /// As in a text, such as `0.15 bar`.
    public var written: String { "\(description.dropLast(3)) bar" }

    /// In bar, such as `0.15bar` and `1bar`: the name of the column of its loadings.
    public var description: String {
        let bar = significant(pascal / 1e5, digits: 9)
        return bar == bar.rounded() && bar < 1e9 ? "\(Int(bar))bar" : "\(bar)bar"
    }
}
