public import Penstock
internal import PenstockEvents

/// Relaxes a framework, atoms and cell, by molecular mechanics with LAMMPS, to see whether it holds together.
///
/// The model is crude on purpose, and takes seconds: bonds, angles and inversions by UFF about the structure's own graph of bonds and its own angles,
/// Lennard-Jones by UFF with geometric mixing, not between atoms one or two bonds apart, no torsions and no charges (`BondedFramework`). It tells a
/// framework whose rods are bent or whose cell is wrong by far from one that is sound. It knows nothing of the strength of a bond, of solvents,
/// or of phases that breathe: it is a filter, not a prediction.
///
/// LAMMPS: A. P. Thompson et al., Comput. Phys. Commun. 271 (2022) 108171, DOI 10.1016/j.cpc.2021.108171. UFF: A. K. Rappé et al., J. Am. Chem.
/// Soc. 114 (1992) 10024, DOI 10.1021/ja00051a040. The same structure, model and build of LAMMPS give the same result: one thread, one process.
public struct FrameworkRelaxation: Sendable {
    /// What is minimized, and how far.
    public struct Model: Sendable, Hashable {
        /// Lennard-Jones ends here, in Å, shifted so that it is zero there.
        public var cutoff = 12.0
        /// The pressure in atm.
        public var pressureAtmospheres = 1.0
        /// How often the minimization of atoms and cell begins anew: it measures the cell by the one with which it began.
        public var rounds = 5
        /// The most steps of a round.
        public var stepsPerRound = 1000
        /// The last round may change the cell by this strain at most; more is not converged.
        public var changeMax = 0.01
        /// Molecular dynamics behind the minimization; none where nil.
        public var dynamics: Dynamics?
        /// The most atoms in the box.
        public var atomsMax = 20_000
        /// The Lennard-Jones parameters.
        public var forceField = ForceField.uff

        /// The model as it is unless something else is asked for.
        public init() {}
    }

    /// Molecular dynamics at constant pressure and temperature, all of the cell free, with steps of 0.5 fs.
    public struct Dynamics: Sendable, Hashable {
        /// The temperature in K; 300 in MOFA.
        public var temperatureKelvin = 300.0
        /// Steps of 0.5 fs.
        public var steps: Int
        /// The seed of the first velocities; the name of the structure counts, too.
        public var seed: UInt64
        /// The number that LAMMPS begins with, from 1.
        var velocitySeed = 1

        /// So many steps.
        /// - Precondition: One step at least.
        public init(steps: Int, temperatureKelvin: Double = 300, seed: UInt64 = 1) {
            precondition(steps > 0 && temperatureKelvin > 0, "a dynamics has steps and a temperature")
            (self.steps, self.temperatureKelvin, self.seed) = (steps, temperatureKelvin, seed)
        }
    }

    /// LAMMPS.
    public let program: ExternalProgram
    /// What is minimized.
    public let model: Model

    /// Relaxation by a program and a model.
    public init(_ program: ExternalProgram = Self.lammps(), model: Model = Model()) {
        (self.program, self.model) = (program, model)
    }

    /// LAMMPS as Debian has it (`apt install lammps`): the program `lmp`, on one thread.
    public static func lammps(
        _ executable: String = "lmp", timeLimit: Duration = .seconds(600), atATime: Int = 1,
        folders: WorkingFolders = WorkingFolders()
    ) -> ExternalProgram {
        var program = ExternalProgram(
            executable, ["-in", LAMMPSInput.scriptName, "-log", "none", "-nocite"], timeLimit: timeLimit,
            atATime: atATime, folders: folders)
        program.environment["OMP_NUM_THREADS"] = "1"
        return program
    }

    /// The model in words, with all parameters of the force field.
    var identity: String {
        let field = model.forceField.parameters.sorted { $0.key < $1.key }.map {
            "\($0.key.symbol) \($0.value.epsilonKelvin) \($0.value.sigma)"
        }
        let dynamics = model.dynamics.map { "\($0.temperatureKelvin) \($0.steps) \($0.seed)" } ?? "none"
        let numbers = [model.cutoff, model.pressureAtmospheres, model.changeMax, Double(model.atomsMax)]
        return "\(numbers) \(model.rounds) \(model.stepsPerRound) \(dynamics) \(field)"
    }

    /// Relaxes a crystal.
    /// - Throws: `RelaxationError`; `ForceFieldError` where an element has no parameters; `CancellationError`.
    public func relax(_ crystal: Crystal) async throws -> RelaxedFramework {
        guard !crystal.atoms.isEmpty else { throw RelaxationError(.noTerms, "there is no atom") }
        let cells = crystal.cell.repeats(forWidth: BondedFramework.widthMin)
        let atoms = cells.x.multipliedReportingOverflow(by: cells.y).partialValue * cells.z * crystal.atoms.count
        guard cells.max() <= 100, atoms <= model.atomsMax else {
            throw RelaxationError(
                .tooManyAtoms, "its box has \(atoms) atoms, more than the \(model.atomsMax) that are relaxed")
        }
        guard let framework = BondedFramework(crystal) else {
            throw RelaxationError(.noTerms, "its atoms are so dense that all are bonded to all")
        }
        guard !framework.bonds.isEmpty, !framework.angles.isEmpty else {
            throw RelaxationError(.noTerms, "no atoms are bonded to two others: there is no framework")
        }
        var model = model
        if var dynamics = model.dynamics {
            let hash = "\(dynamics.seed) \(crystal.name)".utf8.withContiguousStorageIfAvailable {
                XXHash64.hash(UnsafeRawBufferPointer($0))
            }
            dynamics.velocitySeed = 1 + Int((hash ?? dynamics.seed) % 900_000_000)
            model.dynamics = dynamics
        }
        let input = try LAMMPSInput(framework, model, forceField: model.forceField)
        let outcome: ProgramOutcome
        do {
            outcome = try await program.run(
                [LAMMPSInput.dataName: Array(input.data.utf8), LAMMPSInput.scriptName: Array(input.script.utf8)],
                reading: [LAMMPSInput.framesName])
        } catch let error as ProgramError {
            throw RelaxationError(error)
        }
        let frames = try LAMMPSFrames(outcome.text(LAMMPSInput.framesName), atoms: framework.crystal.atoms.count)
        return try RelaxedFramework(framework, model, frames)
    }
}

/// A framework that was relaxed.
public struct RelaxedFramework: Sendable, Hashable {
    /// The box as it was relaxed, of so many cells along each edge as LAMMPS needs, all atoms and charges in their order.
    public let crystal: Crystal
    /// The cells of the original structure along each edge of the box.
    public let cells: SIMD3<Int>
    /// The strain between the cell as found and the last one.
    public let strain: LatticeStrain
    /// The box as found, behind each round of the minimization, and behind the dynamics.
    public let boxes: [UnitCell]

    /// The volume as a multiple of that of the structure as found.
    public var volumeRatio: Double { boxes[boxes.count - 1].volume / boxes[0].volume }

    init(_ framework: BondedFramework, _ model: FrameworkRelaxation.Model, _ frames: LAMMPSFrames) throws {
        boxes = frames.frames.map(\.cell)
        guard boxes.count == 1 + model.rounds + (model.dynamics == nil ? 0 : 1) else {
            throw RelaxationError(.unreadable, "LAMMPS has written \(boxes.count) frames, not all that were asked for")
        }
        do {
            strain = try LatticeStrain(from: boxes[0], to: boxes[boxes.count - 1])
            if model.rounds > 1 {
                let change = try LatticeStrain(from: boxes[model.rounds - 1], to: boxes[model.rounds]).value
                guard change <= model.changeMax else {
                    let strained = "has still strained the cell by \(significant(change, digits: 2))"
                    throw RelaxationError(.notConverged, "the last of \(model.rounds) rounds \(strained)")
                }
            }
        } catch let failure as LatticeStrain.Failure {
            throw RelaxationError(.collapsed, failure.description)
        }
        var crystal = framework.crystal
        let last = frames.frames[frames.frames.count - 1]
        crystal.cell = last.cell
        for atom in crystal.atoms.indices { crystal.atoms[atom].position = Atom.wrapped(last.positions[atom]) }
        self.crystal = crystal
        cells = framework.cells
    }
}
