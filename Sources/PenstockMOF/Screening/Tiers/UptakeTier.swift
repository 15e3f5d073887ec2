/// Loadings at pressures by grand-canonical Monte Carlo: the tier that costs most.
public struct UptakeTier: ScreeningTier {
    private let conditions: AdsorptionConditions
    private let pressures: [Pressure]
    private let cycles: Int

    /// - Parameters:
    ///   - pressures: Of the pure gas.
    ///   - cycles: That averages are taken over, 5 or more; a quarter as many come before.
    public init(_ conditions: AdsorptionConditions, pressures: [Pressure], cycles: Int) {
        precondition(cycles >= 5, "five blocks need five cycles")
        (self.conditions, self.pressures, self.cycles) = (conditions, pressures, cycles)
    }

    /// The parameters in words.
    public var identity: String { "gcmc 2 \(pressures) \(cycles) \(conditions.identity)" }

    /// Simulates one pressure after the other, each by itself.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try conditions.crystal(in: file, &result)
        for pressure in pressures {
            let loaded = try conditions.load(crystal, with: [(conditions.guest, 1)], at: pressure, cycles: cycles)
            let loading = loaded.loading[0]
            result.uptakes.append(
                ScreeningResult.Uptake(
                    pressure: pressure, loading: loading.value,
                    standardError: loading.knownError))
            if !loaded.isConverged { result.isConverged = false }
            // What stands at the Henry coefficient already is not said again.
            for flag in loaded.flags where flag != .netCharge {
                result.flag(flag.rawValue, "at \(pressure), \(flag.summary)")
            }
            compareWithHenry(pressure, loading, &result)
        }
    }

    /// At low loading both tiers must give the same: a check of each by the other.
    private func compareWithHenry(_ pressure: Pressure, _ loading: BlockAverage, _ result: inout ScreeningResult) {
        guard let henry = result.henryCoefficient else { return }
        let expected = henry * pressure.pascal
        guard expected < 0.2, loading.standardError.isFinite else { return }
        let error = ((result.henryError ?? 0) * pressure.pascal, loading.standardError)
        // Sites that fill up bend the isotherm by some per cent.
        let allowed = 4 * (error.0 * error.0 + error.1 * error.1).squareRoot() + 0.2 * expected
        guard abs(loading.value - expected) > allowed else { return }
        result.isConverged = false
        result.flag(
            "henryMismatch",
            "at \(pressure) the loading is \(significant(loading.value, digits: 3)) mol/kg, and the Henry coefficient times the pressure "
                + "\(significant(expected, digits: 3))")
    }
}

extension GCMCResult.Flag {
    /// What the flag says, in one line.
    var summary: String {
        switch self {
        case .energyDrift: "the running energy is off the recomputed one"
        case .largeError: "the error of the loading is more than a quarter of it; raise --cycles"
        case .netCharge: "the cell has a net charge"
        case .nothingInserted: "no molecule was ever inserted"
        }
    }
}
