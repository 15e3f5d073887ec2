/// What the insertion of single molecules into an empty framework says about adsorption without end of dilution.
public struct WidomResult: Sendable, Hashable {
    /// A reason not to trust a result.
    public enum Flag: String, Sendable, Hashable, CaseIterable {
        /// One insertion holds more than 5 % of the weight.
        case largestWeight
        /// The effective number of insertions is below 400.
        case fewEffectiveInsertions
        /// The 95 % error is more than half of the Henry coefficient.
        case largeError
        /// The second half of the insertions moved the Henry coefficient by more than 3 standard errors.
        case drift
        /// Weights were capped, since an energy was below any that a computer can exponentiate.
        case cappedWeights
        /// More than 5 % of the weight has a site inside the inner wall, where the repulsion of the model gives way to its charges.
        case coulombCollapse
        /// The heat is above 100 kJ/mol, more than physical adsorption gives.
        case heatBeyondPhysisorption
        /// The framework's net charge is above 0.01 e.
        case netCharge
        /// No insertion had any weight: nothing fits into the framework.
        case noAccessibleVolume
    }

    /// The temperature in K.
    public let temperatureKelvin: Double
    /// How many molecules were inserted.
    public let insertions: Int
    /// The mean of exp(-U/kT); for helium it is the void fraction.
    public let meanWeight: BlockAverage
    /// The Henry coefficient in mol/(kg Pa).
    public let henryCoefficient: BlockAverage
    /// The heat of adsorption at zero loading in kJ/mol, positive where heat is set free; nil where nothing fits in.
    public let heatOfAdsorption: BlockAverage?
    /// The effective number of insertions, (Σw)^2 / Σw^2.
    public let effectiveInsertions: Double
    /// The share of the largest weight in the sum of all, 0 to 1.
    public let largestWeightShare: Double
    /// How many weights were capped.
    public let cappedWeights: Int
    /// The share of the weight of insertions with a site inside the inner wall, before they were left out, 0 to 1.
    public let insideWallShare: Double
    /// Reasons not to trust the result, in the order of their declaration.
    public let flags: [Flag]

    /// Whether there is no reason not to trust it.
    public var isConverged: Bool { flags.isEmpty }
}
