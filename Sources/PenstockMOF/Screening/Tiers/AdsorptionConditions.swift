/// How charges of the framework enter.
public enum ChargeUse: String, Sendable, Hashable, CaseIterable {
    /// Where every atom of a structure has one.
    case auto
    /// Never.
    case none
    /// Always: a structure without charges is not screened further.
    case cif
    /// Always, by charge equilibration (`ChargeEquilibration`), whatever charges a structure has of its own.
    case eqeq

    /// The use in a word, with the version of what it computes.
    var identity: String { self == .eqeq ? "eqeq 1" : rawValue }
}

/// What is adsorbed, at which temperature and by which model: the same for all tiers that need energies.
public struct AdsorptionConditions: Sendable {
    /// The gas.
    public var guest: GuestMolecule
    /// The temperature in K, above zero.
    public var temperatureKelvin: Double
    /// The framework's Lennard-Jones parameters, or why there are none.
    public var forceField: Result<ForceField, any Error>
    /// How charges enter.
    public var charges: ChargeUse
    /// The seed of the screening.
    public var seed: UInt64
    /// Pockets that a hard sphere of this diameter in Å cannot enter are closed to the gas; nil to leave all of them open, as reference numbers do.
    public var blockingDiameter: Double?

    /// Conditions.
    /// - Precondition: The temperature is above zero.
    public init(
        guest: GuestMolecule = .carbonDioxide, temperatureKelvin: Double = 298,
        forceField: Result<ForceField, any Error> = .success(.uff), charges: ChargeUse = .auto, seed: UInt64 = 1,
        blockingDiameter: Double? = nil
    ) {
        precondition(temperatureKelvin > 0 && temperatureKelvin.isFinite, "a temperature is above zero")
        precondition((blockingDiameter ?? 0) >= 0 && (blockingDiameter ?? 0).isFinite, "a diameter is not negative")
        (self.guest, self.temperatureKelvin, self.forceField) = (guest, temperatureKelvin, forceField)
        (self.charges, self.seed, self.blockingDiameter) = (charges, seed, blockingDiameter)
    }

    /// The conditions in words, with all parameters of the force field.
    var identity: String {
        let field: String
        switch forceField {
        case .success(let forceField):
            field = forceField.parameters.sorted { $0.key < $1.key }.map {
                "\($0.key.symbol) \($0.value.epsilonKelvin) \($0.value.sigma)"
            }.joined(separator: ",")
        case .failure(let error): field = "\(error)"
        }
        let sites = guest.sites.map {
            "\($0.name) \($0.position) \($0.lennardJones.epsilonKelvin) \($0.lennardJones.sigma) \($0.charge)"
        }
        let blocking = blockingDiameter.map { " blocking \($0)" } ?? ""
        let gas = "\(guest.name) \(sites) \(guest.criticalPoint) \(temperatureKelvin)"
        return "\(gas) \(charges.identity) \(seed) \(field)\(blocking)"
    }

    /// Whether charges enter for a structure; nil where they are missing and must not be.
    func usesCharges(_ crystal: Crystal) -> Bool? { usesCharges(crystal, [guest]) }

    private func usesCharges(_ crystal: Crystal, _ guests: [GuestMolecule]) -> Bool? {
        let areCharged = guests.contains(where: \.isCharged)
        return switch charges {
        case .none: false
        case .auto: crystal.hasCharges && areCharged
        case .cif: crystal.hasCharges ? areCharged : nil
        case .eqeq: areCharged
        }
    }

    /// The structure of a file, with the charges that it has for the gas, and for another one beside it; the result says where they are not the
    /// file's own.
    func crystal(
        in file: StructureFile, with other: GuestMolecule? = nil, _ result: inout ScreeningResult
    ) throws -> Crystal {
        let crystal = try file.crystal()
        guard charges == .eqeq, guest.isCharged || other?.isCharged == true else { return crystal }
        let equilibrated = try crystal.withEquilibratedCharges()
        result.noteEquilibratedCharges(of: equilibrated)
        return equilibrated
    }

    /// The same for another gas, and at another temperature where one is given.
    public func with(guest: GuestMolecule, temperatureKelvin: Double? = nil) -> AdsorptionConditions {
        var conditions = self
        conditions.guest = guest
        if let temperatureKelvin { conditions.temperatureKelvin = temperatureKelvin }
        if blockingDiameter != nil { conditions.blockingDiameter = guest.kineticDiameter }
        return conditions
    }

    /// The gas at zero loading, without what is closed to it.
    func insert(
        insertions: Int, into crystal: Crystal, usingCharges: Bool, blocked: BlockedRegions? = nil
    ) throws -> WidomResult {
        try WidomInsertion(
            temperatureKelvin: temperatureKelvin, insertions: insertions,
            guideSpacing: Self.guideSpacing(0.6, crystal), blocked: blocked, seed: seed
        ).run(host([guest], crystal, usingCharges), cellMass: crystal.molarMass, key: crystal.name)
    }

    /// Loadings with a gas, or with a mixture of gases by mole fractions, at a pressure; with charges where they are used, and
    /// without the pockets that are closed to the smallest of them.
    func load(
        _ crystal: Crystal, with gases: [(guest: GuestMolecule, fraction: Double)], at pressure: Pressure, cycles: Int
    ) throws -> GCMCResult {
        let gas = PengRobinson(
            mixture: gases.map { ($0.guest.criticalPoint, $0.fraction) }, temperatureKelvin: temperatureKelvin,
            pressurePascal: pressure.pascal)
        let guests = gases.map(\.guest)
        let host = try host(guests, crystal, usesCharges(crystal, guests) ?? false)
        return GCMC(
            temperatureKelvin: temperatureKelvin, fugacitiesPascal: gas.fugacitiesPascal, initialCycles: cycles / 4,
            cycles: cycles, blocked: blocked(in: crystal, to: guests), guideSpacing: Self.guideSpacing(0.8, crystal),
            seed: seed
        ).run(.direct(host), cellMass: crystal.molarMass, key: "\(crystal.name)@\(pressure)")
    }

    private func host(_ guests: [GuestMolecule], _ crystal: Crystal, _ usingCharges: Bool) throws -> HostPotential {
        try HostPotential(
            crystal: crystal, forceField: forceField.get(), guests: guests,
            interactions: Interactions(usesCharges: usingCharges))
    }

    /// The pockets that are closed to the gas; nil where there are none, or all are left open.
    func blocked(in crystal: Crystal) -> BlockedRegions? {
        blockingDiameter.flatMap { BlockedRegions(pocketsOf: crystal, diameter: $0) }
    }

    private func blocked(in crystal: Crystal, to guests: [GuestMolecule]) -> BlockedRegions? {
        guard guests.count > 1 else { return blocked(in: crystal) }
        let smallest = guests.map { with(guest: $0) }.min { ($0.blockingDiameter ?? 0) < ($1.blockingDiameter ?? 0) }
        return smallest?.blocked(in: crystal)
    }

    /// The distance of grid points that guide insertions, in Å: wider in cells so large that a million would not be enough.
    private static func guideSpacing(_ spacing: Double, _ crystal: Crystal) -> Double {
        max(spacing, cubeRoot(crystal.cell.volume / 1e6))
    }
}
