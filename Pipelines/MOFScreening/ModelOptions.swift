public import Penstock
public import PenstockMOF

/// What is computed, and by which model.
struct ModelOptions: ParsableArguments {
    @Option(help: "The gas: co2, n2, ch4, h2o or he.") var gas = Gas.standard
    @Option(parsing: .unconditional, help: "The temperature in K.") var temperature = 298.0
    @Option(parsing: .unconditional, help: "Widom insertions of each gas in a structure.") var insertions = 50_000
    @Option(help: "Pressures at which loadings are simulated, such as 0.15bar,1bar; none by default.")
    var gcmc: PressureList?
    @Option(parsing: .unconditional, help: "Monte Carlo cycles at each pressure; a quarter as many come before.")
    var cycles = 10_000
    @Option(help: "The pressure of desorption, such as 0.1bar, for working capacities between it and those of --gcmc.")
    var desorption: Pressure?
    @Option(help: "Another gas, such as n2: its Henry coefficient, and the selectivity over it.") var over: Gas?
    @Option(
        parsing: .unconditional,
        help: "The mole fraction of the gas in a mixture with --over, whose loadings are simulated at --gcmc, too.")
    var fraction: Double?
    @Option(
        help: """
            Charges of the framework: auto (where a file has them), none, cif (files without are rejected), or eqeq (by charge equilibration, for \
            every file).
            """)
    var charges = ChargeUse.auto
    @Option(
        help: """
            The framework's Lennard-Jones parameters: uff, dreiding, dreiding-uff (UFF for elements that DREIDING has not), or a table of \
            comma-separated values.
            """)
    var forceField = ForceFieldOption.uff
    @Flag(help: "Close pockets that the gas, as a sphere of its kinetic diameter, cannot enter from outside.")
    var blockPockets = false
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
        if let desorption {
            guard let gcmc, gcmc.pressures.contains(where: { $0.pascal > desorption.pascal }) else {
                throw ValidationError("--desorption \(desorption) needs a higher pressure of adsorption in --gcmc")
            }
        }
        if let over, over.molecule.name == gas.molecule.name {
            throw ValidationError("--over takes another gas than --gas, which is \(gas)")
        }
        if let fraction {
            guard fraction > 0, fraction < 1 else {
                throw ValidationError("--fraction takes a mole fraction between 0 and 1, not \(fraction)")
            }
            guard over != nil, gcmc != nil else {
                throw ValidationError(
                    "--fraction needs --over, the other gas, and --gcmc, the pressures of the mixture")
            }
        }
    }

    /// The pressures of the loadings; none where none are asked for.
    var pressures: [Pressure] {
        let asked = gcmc?.pressures ?? []
        guard let desorption, !asked.contains(desorption) else { return asked }
        return asked + [desorption]
    }

    /// The tier at zero loading.
    var widom: WidomTier { WidomTier(conditions, insertions: insertions) }

    /// The tier of loadings.
    var uptake: UptakeTier { UptakeTier(conditions, pressures: pressures, cycles: cycles) }

    /// The other gas at zero loading; nil where there is none.
    var competitor: CompetitorTier? {
        over.map { CompetitorTier(conditions.with(guest: $0.molecule), insertions: insertions) }
    }

    /// Loadings of the mixture; nil where there is none.
    var mixture: MixtureTier? {
        guard let over, let fraction else { return nil }
        return MixtureTier(
            conditions, competitor: over.molecule, fraction: fraction, pressures: gcmc?.pressures ?? [], cycles: cycles)
    }

    /// What has columns of its own.
    var comparison: ScreeningTable.Comparison {
        var comparison = ScreeningTable.Comparison()
        comparison.competitor = over?.molecule.name
        comparison.mixed = fraction == nil ? nil : gas.molecule.name
        comparison.desorption = desorption
        return comparison
    }

    private var conditions: AdsorptionConditions {
        AdsorptionConditions(
            guest: gas.molecule, temperatureKelvin: temperature, forceField: Result { try forceField.read() },
            charges: charges, seed: seed, blockingDiameter: blockPockets ? gas.molecule.kineticDiameter : nil)
    }

    /// What a reader of the results has to know of how they were made.
    var conditionsOfResults: [(name: String, value: String)] {
        var conditions = [
            ("gas", gas.molecule.name), ("temperature", "\(temperature) K"), ("force field", forceField.description),
            ("charges", charges.rawValue), ("insertions", "\(insertions)"),
        ]
        if let gcmc { conditions.append(("loadings", "\(gcmc.written), \(cycles) cycles")) }
        if let desorption { conditions.append(("desorption", desorption.written)) }
        if let over {
            let share = fraction.map { ", mixed with \($0) of \(gas.molecule.name)" } ?? ""
            conditions.append(("other gas", over.molecule.name + share))
        }
        if blockPockets { conditions.append(("pockets", "closed")) }
        return conditions + [("cutoff", "12.8 Å, truncated, no tail"), ("seed", "\(seed)")]
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

extension Pressure: ExpressibleByArgument {
    /// As in `0.15bar`.
    public init?(argument: String) { self.init(argument) }
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

    /// As in a text.
    var written: String { pressures.map(\.written).joined(separator: ", ") }
}
