import ArgumentParser
import PenstockBenchmarks
import PenstockMOF

/// Henry coefficients of carbon dioxide by Widom insertion, beside the bare loop over distances to neighbours.
struct WidomBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "widom", abstract: "Henry coefficients of CO2 at 298 K.",
        discussion: """
            cpu_s is the processor time of a run from the atoms of a cell to the Henry coefficient, set-up included; setup_cpu_s that of \
            a run with ten insertions. UFF, TraPPE, 12.8 Å, truncated; with --charges an Ewald sum with a precision of 1e-6. The errors \
            are one standard deviation. The floor only takes the distances of as many sites to their neighbours within the cutoff.
            """)

    @OptionGroup var structures: StructureArguments
    @Option(help: "Insertions.") var insertions = 20_000
    @Flag(help: "With the charges of the structure.") var charges = false
    @Option(help: "Runs, of one seed each, from --seed on.") var runs = 5
    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Flag(help: "Leave set-up and floor out.") var bare = false
    @Flag(help: "Print JSON, one object for each structure.") var json = false

    func validate() throws {
        guard insertions >= 10, (1...1000).contains(runs) else {
            throw ValidationError("--insertions takes 10 or more, --runs 1 to 1000")
        }
    }

    func run() throws {
        for crystal in try structures.crystals() {
            if charges, !crystal.hasCharges {
                throw ValidationError("\(crystal.name) has no charges; leave --charges out")
            }
            var estimates = EstimateRuns()
            var last: WidomResult?
            for run in 0..<runs {
                try estimates.measure {
                    let result = try insert(insertions, into: crystal, seed: seed &+ UInt64(run))
                    last = result
                    return result.henryCoefficient
                }
            }
            guard let last else { continue }
            var figures = FigureList()
            figures.add("structure", crystal.name)
            figures.add("atoms", Double(crystal.atoms.count))
            figures.add("insertions", Double(insertions))
            figures.add("henry_umol_kg_pa", estimates.value * 1e6)
            figures.add("effective_insertions", last.effectiveInsertions)
            estimates.add(to: &figures)
            if !bare {
                var setup = EstimateRuns()
                try setup.measure { try insert(10, into: crystal, seed: seed).henryCoefficient }
                let floor = NeighbourFloor(crystal, cutoff: Interactions().cutoff)
                    .seconds(evaluations: insertions * GuestMolecule.carbonDioxide.sites.count)
                figures.add("setup_cpu_s", setup.secondsPerRun)
                figures.add("floor_cpu_s", floor)
                figures.add("floor_ratio", estimates.secondsPerRun / floor)
            }
            figures.print(json: json)
        }
    }

    private func insert(_ insertions: Int, into crystal: Crystal, seed: UInt64) throws -> WidomResult {
        let host = try HostPotential(
            crystal: crystal, forceField: .uff, guests: [.carbonDioxide],
            interactions: Interactions(usesCharges: charges))
        return WidomInsertion(insertions: insertions, seed: seed)
            .run(host, cellMass: crystal.molarMass, key: crystal.name)
    }
}
