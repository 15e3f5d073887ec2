public import Penstock
public import PenstockMOF

/// What is computed, and by which model.
struct ModelOptions: ParsableArguments {
    @Option(help: "The gas: co2, n2, ch4, h2o or he.") var gas = Gas.standard
    @Option(parsing: .unconditional, help: "The temperature in K.") var temperature = 298.0
    @Option(parsing: .unconditional, help: "Widom insertions of each gas in a structure.") var insertions = 50_000
    @Option(help: "Pressures at which loadings are simulated, such as 0.15bar,1bar; none by default.")
    var gcmc: PressureList?
    @Option(parsing: .unconditional, help: "Monte Carlo cycles at each pressure; half as many come before.")
    var cycles = 5000
    @Option(help: "Charges of the framework: auto (where a file has them), none, or cif (files without are rejected).")
    var charges = ChargeUse.auto
    @Option(help: "The framework's Lennard-Jones parameters: uff, dreiding, or a table of comma-separated values.")
    var forceField = ForceFieldOption.uff
    @Option(help: "The seed of all random numbers.") var seed: UInt64 = 1

    func validate() throws {
        guard temperature >= 1, temperature <= 10_000 else {
            throw ValidationError("--temperature takes kelvins, from 1 to 10000, not \(temperature)")
        }
        guard (100...1_000_000_000).contains(insertions) else {
            throw ValidationError("--insertions must lie between 100 and 1000000000, not at \(insertions)")
        }
        guard (10...100_000_000).contains(cycles) else {
            throw ValidationError("--cycles must lie between 10 and 100000000, not at \(cycles)")
        }
    }

    /// The pressures of the loadings; none where none are asked for.
    var pressures: [Pressure] { gcmc?.pressures ?? [] }

    /// The tier at zero loading.
    var widom: WidomTier { WidomTier(conditions, insertions: insertions) }

    /// The tier of loadings.
    var uptake: UptakeTier { UptakeTier(conditions, pressures: pressures, cycles: cycles) }

    private var conditions: AdsorptionConditions {
        AdsorptionConditions(
            guest: gas.molecule, temperatureKelvin: temperature, forceField: Result { try forceField.read() },
            charges: charges, seed: seed)
    }

    /// What a reader of the results has to know of how they were made.
    var conditionsOfResults: [(name: String, value: String)] {
        [
            ("gas", gas.molecule.name), ("temperature", "\(temperature) K"), ("force field", forceField.description),
            ("charges", charges.rawValue), ("insertions", "\(insertions)"),
            ("loadings", pressures.isEmpty ? "none" : "\(gcmc?.description ?? ""), \(cycles) cycles"),
            ("cutoff", "12.8 Å, truncated, no tail"), ("seed", "\(seed)"),
        ]
    }
}

extension ChargeUse: ExpressibleByArgument {}

/// A gas of the module's table.
struct Gas: ExpressibleByArgument, CustomStringConvertible {
    let molecule: GuestMolecule

    static let standard = Gas(molecule: .carbonDioxide)

    private init(molecule: GuestMolecule) { self.molecule = molecule }

    init?(argument: String) {
        guard let molecule = GuestMolecule.named(argument) else { return nil }
        self.molecule = molecule
    }

    var description: String { molecule.name.lowercased() }
    var defaultValueDescription: String { description }

    static var allValueStrings: [String] { GuestMolecule.bundled.map { $0.name.lowercased() } }
}

/// Pressures with commas between them.
struct PressureList: ExpressibleByArgument, CustomStringConvertible {
    let pressures: [Pressure]

    init?(argument: String) {
        var pressures: [Pressure] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let pressure = Pressure(String(part)) else { return nil }
            if !pressures.contains(pressure) { pressures.append(pressure) }
        }
        guard !pressures.isEmpty, pressures.count <= 100 else { return nil }
        self.pressures = pressures
    }

    var description: String { pressures.map(\.description).joined(separator: ",") }
}
