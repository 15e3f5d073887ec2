/// Loadings of a mixture of the gas and its competitor by grand-canonical Monte Carlo.
public struct MixtureTier: ScreeningTier {
    private let conditions: AdsorptionConditions
    private let competitor: GuestMolecule
    private let fraction: Double
    private let pressures: [Pressure]
    private let cycles: Int

    /// - Parameters:
    ///   - conditions: Of the gas.
    ///   - competitor: The other component.
    ///   - fraction: The mole fraction of the gas, between 0 and 1.
    ///   - pressures: Of the whole mixture.
    ///   - cycles: That averages are taken over, 5 or more; a quarter as many come before.
    public init(
        _ conditions: AdsorptionConditions, competitor: GuestMolecule, fraction: Double, pressures: [Pressure],
        cycles: Int
    ) {
        precondition(fraction > 0 && fraction < 1, "a mixture has some of both")
        precondition(cycles >= 5, "five blocks need five cycles")
        (self.conditions, self.competitor, self.fraction) = (conditions, competitor, fraction)
        (self.pressures, self.cycles) = (pressures, cycles)
    }

    /// The parameters in words.
    public var identity: String {
        let other = conditions.with(guest: competitor).identity
        return "mixture 2 \(fraction) \(pressures) \(cycles) \(conditions.identity) \(other)"
    }

    /// Simulates one pressure after the other, each by itself.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try conditions.crystal(in: file, with: competitor, &result)
        for pressure in pressures {
            let loaded = try conditions.load(
                crystal, with: [(conditions.guest, fraction), (competitor, 1 - fraction)], at: pressure, cycles: cycles)
            let (own, other) = (loaded.loading[0], loaded.loading[1])
            result.mixtureUptakes.append(
                ScreeningResult.MixtureUptake(
                    pressure: pressure, fraction: fraction, loading: own.value,
                    standardError: own.knownError,
                    competitorLoading: other.value,
                    competitorStandardError: other.knownError))
            if !loaded.isConverged { result.isConverged = false }
            for flag in loaded.flags where flag != .netCharge {
                result.flag(flag.rawValue, "of the mixture at \(pressure), \(flag.summary)")
            }
        }
    }
}
