/// Another gas at zero loading, for the selectivity over it.
public struct CompetitorTier: ScreeningTier {
    private let conditions: AdsorptionConditions
    private let insertions: Int

    /// - Parameters:
    ///   - conditions: As those of the gas itself, with the competitor as the guest.
    ///   - insertions: 10 or more.
    public init(_ conditions: AdsorptionConditions, insertions: Int) {
        precondition(insertions >= 10, "five blocks need ten insertions")
        (self.conditions, self.insertions) = (conditions, insertions)
    }

    /// The parameters in words.
    public var identity: String { "competitor 1 \(insertions) \(conditions.identity)" }

    /// Inserts the competitor, with charges where they are used.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try conditions.crystal(in: file, &result)
        let other = try conditions.insert(
            insertions: insertions, into: crystal, usingCharges: conditions.usesCharges(crystal) ?? false,
            blocked: conditions.blocked(in: crystal))
        let henry = other.henryCoefficient
        result.competitor = ScreeningResult.Competitor(
            gas: conditions.guest.name, henryCoefficient: henry.value,
            henryError: henry.knownError)
        if !other.isConverged { result.isConverged = false }
        // What stands at the gas itself already is not said again.
        for flag in other.flags where flag != .netCharge {
            result.flag(flag.rawValue, "of \(conditions.guest.name), \(flag.summary(other))")
        }
    }
}
