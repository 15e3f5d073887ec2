import Penstock
import PenstockMOF

/// Whether structures are relaxed by LAMMPS, so that those that do not hold together are not screened further.
struct RelaxationOptions: ParsableArguments {
    @Flag(help: "Relax each structure with LAMMPS and UFF, and add the column lattice_strain.") var relax = false
    @Option(parsing: .unconditional, help: "The largest lattice strain of a stable structure.")
    var maxStrain = LatticeStrain.stableMax
    @Option(help: "LAMMPS: a program in PATH, or its path.") var lammps = "lmp"
    @Option(parsing: .unconditional, help: "How long the relaxation of a structure may take, in s.")
    var relaxSeconds = 600

    func validate() throws {
        guard maxStrain > 0, maxStrain.isFinite else {
            throw ValidationError("--max-strain takes a number above zero, not \(maxStrain)")
        }
        guard (1...1_000_000).contains(relaxSeconds) else {
            throw ValidationError("--relax-seconds must lie between 1 and 1000000, not at \(relaxSeconds)")
        }
    }

    /// The relaxation of so many structures at a time.
    func relaxation(atATime count: Int) -> FrameworkRelaxation {
        FrameworkRelaxation(
            FrameworkRelaxation.lammps(lammps, timeLimit: .seconds(relaxSeconds), atATime: count))
    }

    /// Looks for the program before anything is done.
    func check() throws {
        do { _ = try relaxation(atATime: 1).program.path() } catch {
            throw RelaxationError(error)
        }
    }
}
