import ArgumentParser
import PenstockBenchmarks
import PenstockMOF

/// Loadings with carbon dioxide by grand-canonical Monte Carlo, beside what the Henry coefficient says.
struct GCMCBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gcmc", abstract: "Loadings with CO2 at 298 K.",
        discussion: """
            cpu_s is the processor time of a run from the atoms of a cell to the loading, set-up included; half as many cycles as are \
            averaged over come before. UFF, TraPPE, 12.8 Å, truncated; with --charges an Ewald sum with a precision of 1e-6. henry_mol_kg \
            is the Henry coefficient of 50,000 insertions times the pressure, which only low loadings agree with. Errors are one \
            standard deviation.
            """)

    @OptionGroup var structures: StructureArguments
    @Option(help: "The pressure, such as 0.15bar.") var pressure = "1bar"
    @Option(help: "Cycles that averages are taken over.") var cycles = 1000
    @Flag(help: "With the charges of the structure.") var charges = false
    @Option(help: "Runs, of one seed each, from --seed on.") var runs = 5
    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Flag(help: "Leave the Henry coefficient out.") var bare = false
    @Flag(help: "Print JSON, one object for each structure.") var json = false

    func validate() throws {
        guard cycles >= 10, (1...1000).contains(runs), Pressure(pressure) != nil else {
            throw ValidationError(
                "--cycles takes 10 or more, --runs 1 to 1000, --pressure a number with its unit such as 0.15bar")
        }
    }

    func run() throws {
        let pascal = Pressure(pressure)!.pascal
        for crystal in try structures.crystals() {
            if charges, !crystal.hasCharges {
                throw ValidationError("\(crystal.name) has no charges; leave --charges out")
            }
            var estimates = EstimateRuns()
            for run in 0..<runs {
                try estimates.measure { try load(crystal, pascal, seed: seed &+ UInt64(run)).loading[0] }
            }
            var figures = FigureList()
            figures.add("structure", crystal.name)
            figures.add("atoms", Double(crystal.atoms.count))
            figures.add("pressure_pa", pascal)
            figures.add("cycles", Double(cycles))
            figures.add("loading_mol_kg", estimates.value)
            estimates.add(to: &figures)
            if !bare {
                let henry = try WidomInsertion(insertions: 50_000)
                    .run(host(crystal), cellMass: crystal.molarMass, key: crystal.name).henryCoefficient
                figures.add("henry_mol_kg", henry.value * pascal)
                figures.add("henry_error_percent", 100 * henry.relativeError)
            }
            figures.print(json: json)
        }
    }

    private func load(_ crystal: Crystal, _ pascal: Double, seed: UInt64) throws -> GCMCResult {
        let gas = PengRobinson(
            mixture: [(GuestMolecule.carbonDioxide.criticalPoint, 1)], temperatureKelvin: 298, pressurePascal: pascal)
        return try GCMC(
            fugacitiesPascal: gas.fugacitiesPascal, initialCycles: cycles / 2, cycles: cycles, seed: seed
        ).run(.direct(host(crystal)), cellMass: crystal.molarMass, key: crystal.name)
    }

    private func host(_ crystal: Crystal) throws -> HostPotential {
        try HostPotential(
            crystal: crystal, forceField: .uff, guests: [.carbonDioxide],
            interactions: Interactions(usesCharges: charges))
    }
}
