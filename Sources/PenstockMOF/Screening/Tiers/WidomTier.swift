/// Adsorption at zero loading: Henry coefficient and heat with and without charges, and the void fraction of helium.
public struct WidomTier: ScreeningTier {
    /// The temperature of the void fraction of helium in K, whatever that of the gas is.
    public static let heliumTemperatureKelvin = 298.0

    /// A Henry coefficient that charges raise by more than this is not to be trusted.
    public static let largestChargeFactor = 1000.0

    private let conditions: AdsorptionConditions
    private let insertions: Int

    /// - Parameter insertions: Of the gas, 10 or more; of helium, which is cheap, twice as many.
    public init(_ conditions: AdsorptionConditions, insertions: Int) {
        precondition(insertions >= 10, "five blocks need ten insertions")
        (self.conditions, self.insertions) = (conditions, insertions)
    }

    /// The parameters in words.
    public var identity: String { "widom 1 \(insertions) \(conditions.identity)" }

    /// Inserts.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try conditions.crystal(in: file, &result)
        guard let usesCharges = conditions.usesCharges(crystal) else {
            return result.end(
                .rejected, "chargesMissing", "the file has no charges for all atoms, as --charges cif asks")
        }
        // A void fraction is geometry: pockets count.
        let helium = try conditions.with(
            guest: .helium, temperatureKelvin: Self.heliumTemperatureKelvin
        ).insert(insertions: 2 * insertions, into: crystal, usingCharges: false)
        // More than all of the cell, as attraction of very light frameworks gives, is kept as it is.
        result.heliumVoidFraction = helium.meanWeight.value
        let blocked = conditions.blocked(in: crystal)
        let plain = try conditions.insert(
            insertions: insertions, into: crystal, usingCharges: false, blocked: blocked)
        var best = plain
        if usesCharges {
            best = try conditions.insert(insertions: insertions, into: crystal, usingCharges: true, blocked: blocked)
        }
        if let blocked {
            result.flag(
                "pocketsBlocked",
                "\(significant(100 * blocked.share, digits: 2)) % of the cell belong to pockets that are closed to the gas"
            )
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
        // However well it was sampled: what the model says there is hardly what nature does.
        let ratio = best.henryCoefficient.value / plain.henryCoefficient.value
        if ratio > Self.largestChargeFactor {
            result.isConverged = false
            result.flag(
                "chargesDominate",
                "charges raise the Henry coefficient by a factor of \(significant(ratio, digits: 2)), as where they overcome the "
                    + "repulsion of the model; see the value without them")
        }
        for flag in plain.flags where !best.flags.contains(flag) {
            result.flag(flag.rawValue, "without charges, " + flag.summary(plain))
        }
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
