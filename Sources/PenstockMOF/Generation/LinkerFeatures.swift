/// What a linker adds to the features of a candidate.
struct LinkerFeatures: Sendable {
    private let spacing: Double
    private let mass: Double
    private let rings: Double
    /// Of each element, and of each kind of group.
    private let counts: [Double]

    private static let elements = ["H", "C", "N", "O", "F", "Cl", "Br"].map { Element(symbol: $0)! }

    init(_ linker: Linker) {
        let geometry = LinkerGeometry(linker)
        spacing = geometry.length + 2 * ZincOxideNode.carbonDistance
        mass = geometry.atoms.reduce(0) { $0 + $1.element.mass }
        rings = Double(geometry.rings)
        let elements = Self.elements.map { element in Double(geometry.atoms.count(where: { $0.element == element })) }
        let groups = Substituent.allCases.map {
            linker.decoration?.substituent == $0 ? Double(geometry.substituents) : 0
        }
        counts = elements + groups
    }

    /// The names of what `combined` returns, with units.
    static let names: [String] =
        ["volume_A3", "density_g_cm3", "spacing_min_A", "spacing_middle_A", "spacing_max_A", "rings_nm3"]
        + elements.map { "\($0)_nm3" } + Substituent.allCases.map { "group_\($0.rawValue)_nm3" }

    /// The features of a framework of three linkers: the volume for each node, the density, the spacings of nodes, and numbers per nm^3.
    static func combined(_ linkers: [LinkerFeatures]) -> [Double] {
        let spacings = linkers.map(\.spacing).sorted()
        let volume = spacings.reduce(1, *)
        let node = ZincOxideNode.atoms(isInverted: false).reduce(0) { $0 + $1.element.mass }
        let mass = linkers.reduce(node) { $0 + $1.mass }
        let counts = linkers[0].counts.indices.map { place in linkers.reduce(0) { $0 + $1.counts[place] } }
        let numbers = [linkers.reduce(0) { $0 + $1.rings }] + counts
        return [volume, mass / (0.602214076 * volume)] + spacings + numbers.map { $0 * 1000 / volume }
    }
}
