/// Loadings at pressures by grand-canonical Monte Carlo: the tier that costs most.
public struct UptakeTier: ScreeningTier {
    private let conditions: AdsorptionConditions
    private let pressures: [Pressure]
    private let cycles: Int

    /// - Parameters:
    ///   - pressures: Of the pure gas.
    ///   - cycles: That averages are taken over, 5 or more; half as many come before.
    public init(_ conditions: AdsorptionConditions, pressures: [Pressure], cycles: Int) {
        precondition(cycles >= 5, "five blocks need five cycles")
        (self.conditions, self.pressures, self.cycles) = (conditions, pressures, cycles)
    }

    /// The parameters in words.
    public var identity: String { "gcmc 1 \(pressures) \(cycles) \(conditions.identity)" }

    /// Simulates one pressure after the other, each by itself.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try file.crystal()
        let host = try HostPotential(
            crystal: crystal, forceField: conditions.forceField.get(), guests: [conditions.guest],
            interactions: Interactions(usesCharges: conditions.usesCharges(crystal) ?? false))
        for pressure in pressures {
            let gas = PengRobinson(
                conditions.guest.criticalPoint, temperatureKelvin: conditions.temperatureKelvin,
                pressurePascal: pressure.pascal)
            let simulation = GCMC(
                temperatureKelvin: conditions.temperatureKelvin, fugacitiesPascal: [gas.fugacityPascal],
                initialCycles: cycles / 2, cycles: cycles,
                guideSpacing: AdsorptionConditions.guideSpacing(0.8, crystal), seed: conditions.seed)
            let loaded = simulation.run(.direct(host), cellMass: crystal.molarMass, key: "\(crystal.name)@\(pressure)")
            let loading = loaded.loading[0]
            result.uptakes.append(
                ScreeningResult.Uptake(
                    pressure: pressure, loading: loading.value,
                    standardError: loading.standardError.isFinite ? loading.standardError : nil))
            if !loaded.isConverged { result.isConverged = false }
            // What stands at the Henry coefficient already is not said again.
            for flag in loaded.flags where flag != .netCharge {
                result.flag(flag.rawValue, "at \(pressure), \(flag.summary)")
            }
        }
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
