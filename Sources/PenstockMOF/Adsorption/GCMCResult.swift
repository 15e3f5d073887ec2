/// What a grand-canonical simulation of a framework in contact with a gas gives.
public struct GCMCResult: Sendable, Hashable {
    /// How often a kind of move was tried and accepted in production.
    public struct Acceptance: Sendable, Hashable {
        /// How often it was tried.
        public internal(set) var tried = 0
        /// How often it was accepted.
        public internal(set) var accepted = 0
        /// The share that was accepted, 0 to 1; zero where nothing was tried.
        public var rate: Double { tried == 0 ? 0 : Double(accepted) / Double(tried) }
    }

    /// A reason not to trust a result.
    public enum Flag: String, Sendable, Hashable, CaseIterable {
        /// The running energy is off the recomputed one by more than 1e-6.
        case energyDrift
        /// The standard error of a loading is more than a quarter of it.
        case largeError
        /// The framework's net charge is above 0.01 e.
        case netCharge
        /// No molecule was ever inserted.
        case nothingInserted
    }

    /// For each component the mean number of molecules in a cell of the framework.
    public let moleculesPerCell: [BlockAverage]
    /// For each component the absolute loading in mol/kg of framework.
    public let loading: [BlockAverage]
    /// The mean energy of all guests in K per cell.
    public let energyPerCell: BlockAverage
    /// Acceptance by kind of move.
    public let acceptance: [GCMC.Move: Acceptance]
    /// How far the running energy was off the recomputed one at the end, relative to it.
    public let energyDrift: Double
    /// Cells of the framework in the box.
    public let cellCount: Int
    /// The largest translation along an axis in Å and the largest rotation in radians, as tuned before production.
    public let stepSizes: (translation: Double, rotation: Double)
    /// Reasons not to trust the result, in the order of their declaration.
    public let flags: [Flag]

    /// Whether there is no reason not to trust it.
    public var isConverged: Bool { flags.isEmpty }

    /// By the values.
    public static func == (left: GCMCResult, right: GCMCResult) -> Bool {
        left.moleculesPerCell == right.moleculesPerCell && left.loading == right.loading
            && left.energyPerCell == right.energyPerCell && left.acceptance == right.acceptance
            && left.energyDrift == right.energyDrift && left.stepSizes == right.stepSizes && left.flags == right.flags
    }

    /// By the loadings.
    public func hash(into hasher: inout Hasher) { hasher.combine(loading) }
}

extension BlockAverage {
    /// The excess loading in mol/kg of an absolute one: less what the gas alone would hold in the pores, P V / (Z R T) per mass.
    /// - Parameters:
    ///   - gas: The state of the gas.
    ///   - voidFraction: The share of the cell that the gas can fill, by helium, 0 to 1.
    ///   - cellVolume: In Å^3.
    ///   - cellMass: In g/mol.
    public func excess(
        over gas: PengRobinson, temperatureKelvin: Double, voidFraction: Double, cellVolume: Double, cellMass: Double
    ) -> BlockAverage {
        let litresPerKilogram = voidFraction * cellVolume * 1e-27 * PhysicalConstants.avogadro / cellMass * 1000
        let cubicMetres = litresPerKilogram / 1000
        let gasLoading =
            gas.pressurePascal * cubicMetres
            / (gas.compressibility * PhysicalConstants.gas * temperatureKelvin)
        return BlockAverage(value: value - gasLoading, standardError: standardError)
    }
}
