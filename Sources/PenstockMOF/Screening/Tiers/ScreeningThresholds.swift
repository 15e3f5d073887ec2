/// What a structure must have for the next tier to be worth its cost. Each threshold can be left out.
public struct ScreeningThresholds: Sendable, Hashable {
    /// The least pore limiting diameter in Å.
    public var poreLimitingDiameter: Double?
    /// The least largest cavity diameter in Å.
    public var largestCavityDiameter: Double?
    /// The least surface in m^2/g, accessible and not.
    public var surface: Double?
    /// The least void fraction for the centre of the probe.
    public var voidFraction: Double?
    /// The least Henry coefficient in mol/(kg Pa).
    public var henryCoefficient: Double?

    /// No threshold.
    public init() {}

    /// The candidate, rejected where it has less than a threshold asks of what it has by now.
    public func applied(to candidate: Candidate) -> Candidate {
        guard !candidate.result.isFinished else { return candidate }
        var candidate = candidate
        candidate.decide { result in
            let found: [(String, String, Double?, Double?)] = [
                ("belowMinPLD", "the pore limiting diameter", result.poreLimitingDiameter, poreLimitingDiameter),
                ("belowMinLCD", "the largest cavity diameter", result.largestCavityDiameter, largestCavityDiameter),
                ("belowMinSurface", "the surface", result.surface, surface),
                ("belowMinVoidFraction", "the void fraction", result.voidFraction, voidFraction),
                ("belowMinHenry", "the Henry coefficient", result.henryCoefficient, henryCoefficient),
            ]
            for (code, what, value, least) in found {
                guard let value, let least, value < least else { continue }
                return result.end(
                    .rejected, code, "\(what) is \(significant(value, digits: 4)), below \(least)")
            }
        }
        return candidate
    }
}
