/// How charges of the framework enter.
public enum ChargeUse: String, Sendable, Hashable, CaseIterable {
    /// Where every atom of a structure has one.
    case auto
    /// Never.
    case none
    /// Always: a structure without charges is not screened further.
    case cif
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

    /// Conditions.
    /// - Precondition: The temperature is above zero.
    public init(
        guest: GuestMolecule = .carbonDioxide, temperatureKelvin: Double = 298,
        forceField: Result<ForceField, any Error> = .success(.uff), charges: ChargeUse = .auto, seed: UInt64 = 1
    ) {
        precondition(temperatureKelvin > 0 && temperatureKelvin.isFinite, "a temperature is above zero")
        (self.guest, self.temperatureKelvin, self.forceField) = (guest, temperatureKelvin, forceField)
        (self.charges, self.seed) = (charges, seed)
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
        return "\(guest.name) \(sites) \(guest.criticalPoint) \(temperatureKelvin) \(charges) \(seed) \(field)"
    }

    /// Whether charges enter for a structure; nil where they are missing and must not be.
    func usesCharges(_ crystal: Crystal) -> Bool? {
        switch charges {
        case .none: false
        case .auto: crystal.hasCharges && guest.isCharged
        case .cif: crystal.hasCharges ? guest.isCharged : nil
        }
    }

    /// The distance of grid points that guide insertions, in Å: wider in cells so large that a million would not be enough.
    static func guideSpacing(_ spacing: Double, _ crystal: Crystal) -> Double {
        max(spacing, cubeRoot(crystal.cell.volume / 1e6))
    }
}
