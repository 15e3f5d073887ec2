/// Adsorption at zero loading: Henry coefficient and heat with and without charges, and the void fraction of helium.
public struct WidomTier: ScreeningTier {
    /// The temperature of the void fraction of helium in K, whatever that of the gas is.
    public static let heliumTemperatureKelvin = 298.0

    private let conditions: AdsorptionConditions
    private let insertions: Int

    /// - Parameter insertions: Of each of the gases, 10 or more.
    public init(_ conditions: AdsorptionConditions, insertions: Int) {
        precondition(insertions >= 10, "five blocks need ten insertions")
        (self.conditions, self.insertions) = (conditions, insertions)
    }

    /// The parameters in words.
    public var identity: String { "widom 1 \(insertions) \(conditions.identity)" }

    /// Inserts.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try file.crystal()
        guard let usesCharges = conditions.usesCharges(crystal) else {
            return result.end(
                .rejected, "chargesMissing", "the file has no charges for all atoms, as --charges cif asks")
        }
        let helium = try insert(.helium, Self.heliumTemperatureKelvin, into: crystal, usingCharges: false)
        // More than all of the cell, as attraction of very light frameworks gives, is kept as it is.
        result.heliumVoidFraction = helium.meanWeight.value
        let plain = try insert(conditions.guest, conditions.temperatureKelvin, into: crystal, usingCharges: false)
        var best = plain
        if usesCharges {
            best = try insert(conditions.guest, conditions.temperatureKelvin, into: crystal, usingCharges: true)
        }
        result.henryCoefficientWithoutCharges = plain.henryCoefficient.value
        result.heatOfAdsorptionWithoutCharges = plain.heatOfAdsorption?.value
        result.henryCoefficient = best.henryCoefficient.value
        result.henryError = best.henryCoefficient.standardError
        result.heatOfAdsorption = best.heatOfAdsorption?.value
        result.effectiveInsertions = best.effectiveInsertions
        result.largestWeightShare = best.largestWeightShare
        result.isConverged = best.isConverged && plain.isConverged
        for flag in best.flags {
            result.flag(flag.rawValue, (usesCharges ? "with charges, " : "") + flag.summary(best))
        }
        guard usesCharges else { return }
        for flag in plain.flags where !best.flags.contains(flag) {
            result.flag(flag.rawValue, "without charges, " + flag.summary(plain))
        }
    }

    private func insert(
        _ guest: GuestMolecule, _ temperature: Double, into crystal: Crystal, usingCharges: Bool
    ) throws -> WidomResult {
        let host = try HostPotential(
            crystal: crystal, forceField: conditions.forceField.get(), guests: [guest],
            interactions: Interactions(usesCharges: usingCharges))
        return WidomInsertion(
            temperatureKelvin: temperature, insertions: insertions,
            guideSpacing: AdsorptionConditions.guideSpacing(0.6, crystal), seed: conditions.seed
        ).run(host, cellMass: crystal.molarMass, key: crystal.name)
    }
}

extension WidomResult.Flag {
    /// What the flag says of a result, in one line.
    func summary(_ result: WidomResult) -> String {
        switch self {
        case .largestWeight:
            "one insertion holds \(significant(100 * result.largestWeightShare, digits: 2)) % of the weight"
        case .fewEffectiveInsertions:
            "only \(significant(result.effectiveInsertions, digits: 3)) insertions are effective; raise --insertions"
        case .largeError: "the error of the Henry coefficient is more than half of it"
        case .drift: "the second half of the insertions moved the Henry coefficient by more than 3 errors"
        case .cappedWeights: "\(result.cappedWeights) insertions had energies below all that can be computed"
        case .coulombCollapse:
            "\(significant(100 * result.insideWallShare, digits: 2)) % of the weight is where charges overcome the repulsion"
        case .heatBeyondPhysisorption: "the heat is above 100 kJ/mol, more than physical adsorption gives"
        case .netCharge: "the cell has a net charge"
        case .noAccessibleVolume: "nothing fits in: the Henry coefficient is 0"
        }
    }
}
