/// Units of time on the command line.
package enum TimeUnit: String, CaseIterable, Sendable {
    // A unit whose name ends like another's comes before that.
    case ns, us, ms, min, s, h, d, w

    /// The length of one.
    package var nanoseconds: Double {
        switch self {
        case .ns: 1
        case .us: 1e3
        case .ms: 1e6
        case .s: 1e9
        case .min: 60e9
        case .h: 3600e9
        case .d: 86_400e9
        case .w: 604_800e9
        }
    }

    /// The number and the unit behind it, which may be missing; nil where the text has no finite number.
    package static func split(_ text: String) -> (number: Double, unit: TimeUnit?)? {
        let unit = allCases.first { text.hasSuffix($0.rawValue) }
        guard let number = Double(text.dropLast(unit?.rawValue.count ?? 0)), number.isFinite else { return nil }
        return (number, unit)
    }
}
