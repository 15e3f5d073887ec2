/// A rigid molecule that a framework adsorbs: its sites, and the constants of its equation of state.
///
/// As a file it is a table of comma-separated values, a row for each site, with the columns `molecule`, `site`, `x_A`, `y_A`, `z_A`,
/// `epsilon_over_kB_K`, `sigma_A`, `charge_e`, `mass_g_mol`, `Tc_K`, `Pc_Pa` and `acentric`.
public struct GuestMolecule: Sendable, Hashable {
    /// A centre of interaction.
    public struct Site: Sendable, Hashable {
        /// What it is called.
        public var name: String
        /// Where it is in the molecule, in Å.
        public var position: SIMD3<Double>
        /// The Lennard-Jones parameters; zero for a bare charge.
        public var lennardJones: LennardJones
        /// The charge in e.
        public var charge: Double

        /// A site.
        public init(name: String, position: SIMD3<Double>, lennardJones: LennardJones, charge: Double = 0) {
            (self.name, self.position, self.lennardJones, self.charge) = (name, position, lennardJones, charge)
        }
    }

    /// The constants of the Peng-Robinson equation of state.
    public struct CriticalPoint: Sendable, Hashable {
        /// The critical temperature in K.
        public var temperatureKelvin: Double
        /// The critical pressure in Pa.
        public var pressurePascal: Double
        /// Pitzer's acentric factor.
        public var acentricFactor: Double

        /// The constants of a fluid.
        public init(temperatureKelvin: Double, pressurePascal: Double, acentricFactor: Double) {
            (self.temperatureKelvin, self.pressurePascal) = (temperatureKelvin, pressurePascal)
            self.acentricFactor = acentricFactor
        }
    }

    /// What the molecule is called, such as `CO2`.
    public var name: String
    /// The sites, at least one.
    public var sites: [Site]
    /// The mass in g/mol.
    public var massGramsPerMole: Double
    /// The constants of its equation of state.
    public var criticalPoint: CriticalPoint

    /// A molecule.
    public init(name: String, sites: [Site], massGramsPerMole: Double, criticalPoint: CriticalPoint) {
        precondition(!sites.isEmpty, "a molecule has a site")
        (self.name, self.sites, self.massGramsPerMole) = (name, sites, massGramsPerMole)
        self.criticalPoint = criticalPoint
    }

    /// Whether every orientation is the same.
    public var isPoint: Bool { sites.count == 1 && sites[0].position == .zero }

    /// Whether any site has a charge.
    public var isCharged: Bool { sites.contains { $0.charge != 0 } }

    /// The molecules in the text of a file, in the order of their first rows.
    /// - Parameter source: The file's name, for messages.
    /// - Throws: `ForceFieldError` with the line, where the text is not a table of such molecules.
    public static func molecules(parsing text: String, source: String) throws(ForceFieldError) -> [GuestMolecule] {
        let table = try ParameterTable(parsing: text, source: source, requiring: columns)
        var molecules: [GuestMolecule] = []
        for row in table.rows {
            let critical = CriticalPoint(
                temperatureKelvin: try table.number("Tc_K", row, atLeast: .leastNormalMagnitude),
                pressurePascal: try table.number("Pc_Pa", row, atLeast: .leastNormalMagnitude),
                acentricFactor: try table.number("acentric", row))
            let site = Site(
                name: table.text("site", row),
                position: SIMD3(
                    try table.number("x_A", row), try table.number("y_A", row), try table.number("z_A", row)),
                lennardJones: LennardJones(
                    epsilonKelvin: try table.number("epsilon_over_kB_K", row, atLeast: 0),
                    sigma: try table.number("sigma_A", row, atLeast: 0)),
                charge: try table.number("charge_e", row))
            let mass = try table.number("mass_g_mol", row, atLeast: 0)
            let name = table.text("molecule", row)
            guard let known = molecules.firstIndex(where: { $0.name == name }) else {
                molecules.append(
                    GuestMolecule(name: name, sites: [site], massGramsPerMole: mass, criticalPoint: critical))
                continue
            }
            guard molecules[known].criticalPoint == critical else {
                throw ForceFieldError(
                    .contradiction, in: source, line: row.line,
                    "\(name) has other critical constants here than in its first row")
            }
            molecules[known].sites.append(site)
            molecules[known].massGramsPerMole += mass
        }
        return molecules
    }

    private static let columns = [
        "molecule", "site", "x_A", "y_A", "z_A", "epsilon_over_kB_K", "sigma_A", "charge_e", "mass_g_mol", "Tc_K",
        "Pc_Pa", "acentric",
    ]

    /// The molecule of this module's table with a name, such as `CO2`, `N2`, `CH4`, `He` or `H2O`, in any case; nil where there is none.
    public static func named(_ name: String) -> GuestMolecule? {
        bundled.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Carbon dioxide, TraPPE: J. J. Potoff, J. I. Siepmann, AIChE J. 2001, 47, 1676, DOI 10.1002/aic.690470719.
    public static let carbonDioxide = named("CO2")!
    /// Nitrogen, TraPPE, with a charge in the middle; same source.
    public static let nitrogen = named("N2")!
    /// Methane as one site, TraPPE-UA: M. G. Martin, J. I. Siepmann, J. Phys. Chem. B 1998, 102, 2569, DOI 10.1021/jp972543+.
    public static let methane = named("CH4")!
    /// Helium, the probe of the void fraction: J. O. Hirschfelder, C. F. Curtiss, R. B. Bird, "Molecular Theory of Gases and Liquids", 1954.
    public static let helium = named("He")!
    /// Water, SPC/E: H. J. C. Berendsen, J. R. Grigera, T. P. Straatsma, J. Phys. Chem. 1987, 91, 6269, DOI 10.1021/j100308a038.
    public static let water = named("H2O")!

    /// All molecules of this module's table.
    public static let bundled: [GuestMolecule] = {
        do { return try molecules(parsing: guestTable, source: "guest molecules") } catch {
            preconditionFailure("\(error)")
        }
    }()
}
