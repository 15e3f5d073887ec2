internal import Foundation

/// The files by which LAMMPS relaxes a framework: the data of the structure and a script.
struct LAMMPSInput: Sendable {
    let data: String
    let script: String

    /// kcal/mol in a K of Lennard-Jones well depth: R over 4184 J/kcal.
    private static let kilocaloriesPerKelvin = PhysicalConstants.gas / 4184

    init(
        _ framework: BondedFramework, _ model: FrameworkRelaxation.Model, forceField: ForceField
    ) throws(ForceFieldError) {
        data = try Self.data(framework, forceField)
        script = Self.script(model, inversions: !framework.inversions.isEmpty)
    }

    private static func data(_ framework: BondedFramework, _ forceField: ForceField) throws(ForceFieldError) -> String {
        let crystal = framework.crystal
        let cell = crystal.cell
        let elements = Set(crystal.atoms.map(\.element)).sorted()
        let bonds = ParameterRows(framework.bonds.map { text($0.constant / 2) + " " + text($0.length) })
        let angles = ParameterRows(framework.angles.map(Self.parameters))
        var lines = ["\(crystal.name.filter { $0.isASCII && !$0.isNewline })", ""]
        lines.append("\(crystal.atoms.count) atoms")
        lines.append("\(framework.bonds.count) bonds")
        lines.append("\(framework.angles.count) angles")
        lines.append("\(framework.inversions.count) impropers")
        lines.append("\(elements.count) atom types")
        lines.append("\(bonds.rows.count) bond types")
        lines.append("\(angles.rows.count) angle types")
        if !framework.inversions.isEmpty { lines.append("1 improper types") }
        lines += ["", "0 \(exact(cell.a.x)) xlo xhi", "0 \(exact(cell.b.y)) ylo yhi", "0 \(exact(cell.c.z)) zlo zhi"]
        lines.append("\(exact(cell.b.x)) \(exact(cell.c.x)) \(exact(cell.c.y)) xy xz yz")
        func section(_ title: String, _ rows: [String]) {
            guard !rows.isEmpty else { return }
            lines += ["", title, ""] + rows.enumerated().map { "\($0 + 1) \($1)" }
        }
        section("Masses", elements.map { "\($0.mass) # \($0)" })
        var pairs: [String] = []
        for element in elements {
            let found = try forceField.parameters(of: element)
            pairs.append("\(text(found.epsilonKelvin * kilocaloriesPerKelvin)) \(text(found.sigma))")
        }
        section("Pair Coeffs", pairs)
        section("Bond Coeffs", bonds.rows)
        section("Angle Coeffs", angles.rows)
        section("Improper Coeffs", framework.inversions.isEmpty ? [] : ["\(UFFTerms.inversionConstant) 0"])
        section(
            "Atoms # molecular",
            crystal.atoms.map { atom in
                let place = cell.cartesian(atom.position)
                let type = elements.firstIndex(of: atom.element)! + 1
                return "1 \(type) \(exact(place.x)) \(exact(place.y)) \(exact(place.z))"
            })
        section("Bonds", zip(bonds.types, framework.bonds).map { "\($0) \($1.first + 1) \($1.second + 1)" })
        section(
            "Angles", zip(angles.types, framework.angles).map { "\($0) \($1.first + 1) \($1.apex + 1) \($1.third + 1)" }
        )
        section(
            "Impropers",
            framework.inversions.map { "1 \($0.centre + 1) \($0.first + 1) \($0.second + 1) \($0.third + 1)" })
        return lines.joined(separator: "\n") + "\n"
    }

    /// UFF's angle, K (c0 + c1 cos theta + c2 cos 2 theta), is K/(2 sin^2 theta0) (cos theta - cos theta0)^2; that of a straight one
    /// K (1 + cos theta).
    private static func parameters(_ angle: BondedFramework.Angle) -> String {
        guard angle.degrees < straightDegrees else { return "cosine \(text(angle.constant))" }
        // Angles that differ by less than the precision of a structure are one.
        let degrees = (angle.degrees * 100).rounded() / 100
        let sine = sin(degrees * .pi / 180)
        return "cosine/squared \(text(angle.constant / (2 * sine * sine))) \(text(degrees))"
    }

    /// From this angle on one is straight.
    private static let straightDegrees = 175.0

    private static func script(_ model: FrameworkRelaxation.Model, inversions: Bool) -> String {
        var lines = """
            units real
            atom_style molecular
            boundary p p p
            box tilt large
            pair_style lj/cut \(model.cutoff)
            pair_modify mix geometric shift yes
            special_bonds lj 0 0 1
            bond_style harmonic
            angle_style hybrid cosine cosine/squared
            \(inversions ? "improper_style umbrella" : "")
            read_data \(dataName)
            neighbor 2.0 bin
            neigh_modify delay 0 every 1 check yes
            thermo_style custom step pe press lx ly lz xy xz yz
            thermo 1000
            min_style cg
            \(frame)
            """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<model.rounds {
            lines.append("fix relax all box/relax tri \(model.pressureAtmospheres) vmax 0.002")
            lines.append("minimize 1e-9 1e-4 \(model.stepsPerRound) \(10 * model.stepsPerRound)")
            lines += ["unfix relax", frame]
        }
        if let dynamics = model.dynamics {
            let kelvin = dynamics.temperatureKelvin
            lines.append("velocity all create \(kelvin) \(dynamics.velocitySeed) mom yes rot no dist gaussian")
            let temperature = "temp \(kelvin) \(kelvin) \(100 * timeStep)"
            let pressure = "tri \(model.pressureAtmospheres) \(model.pressureAtmospheres) \(1000 * timeStep)"
            lines += ["reset_timestep 0", "timestep \(timeStep)", "fix dynamics all npt \(temperature) \(pressure)"]
            lines += ["run \(dynamics.steps)", frame]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The time step of the dynamics in fs.
    private static let timeStep = 0.5

    static let dataName = "framework.data"
    static let scriptName = "relax.in"
    static let framesName = "frames.dump"

    private static let frame =
        "write_dump all custom \(framesName) id xs ys zs modify sort id append yes format float %.12g"

    /// Seven digits are more than any parameter has.
    private static func text(_ number: Double) -> String { "\(significant(number, digits: 7))" }

    private static func exact(_ number: Double) -> String { String(format: "%.12f", number) }
}

/// Rows of parameters, each once, and the number of its row for each term.
private struct ParameterRows {
    private(set) var rows: [String] = []
    private(set) var types: [Int] = []

    init(_ terms: [String]) {
        var known: [String: Int] = [:]
        for term in terms {
            if known[term] == nil {
                rows.append(term)
                known[term] = rows.count
            }
            types.append(known[term]!)
        }
    }
}
