/// A crystal: a cell and all atoms in it, without symmetry.
public struct Crystal: Sendable, Hashable {
    /// What the structure is called.
    public var name: String
    /// The cell.
    public var cell: UnitCell
    /// The atoms of one cell.
    public var atoms: [Atom]
    /// What was found while it was read.
    public var findings: [Finding]

    /// A crystal.
    public init(name: String, cell: UnitCell, atoms: [Atom], findings: [Finding] = []) {
        self.name = name
        self.cell = cell
        self.atoms = atoms
        self.findings = findings
    }

    /// Whether every atom has a charge, so that electrostatics can be computed.
    public var hasCharges: Bool { !atoms.isEmpty && atoms.allSatisfy { $0.charge != nil } }

    /// The sum of the charges of a cell in e; atoms without a charge count as neutral.
    public var netCharge: Double { atoms.reduce(0) { $0 + ($1.charge ?? 0) } }

    /// The crystal with `counts` copies of the cell along each edge, the same crystal in a larger cell.
    public func repeated(_ counts: SIMD3<Int>) -> Crystal {
        precondition(counts.min() > 0, "a cell is repeated once at least")
        let scale = SIMD3<Double>(Double(counts.x), Double(counts.y), Double(counts.z))
        var copies: [Atom] = []
        copies.reserveCapacity(atoms.count * counts.x * counts.y * counts.z)
        for x in 0..<counts.x {
            for y in 0..<counts.y {
                for z in 0..<counts.z {
                    let shift = SIMD3<Double>(Double(x), Double(y), Double(z))
                    for var atom in atoms {
                        atom.position = (atom.position + shift) / scale
                        copies.append(atom)
                    }
                }
            }
        }
        return Crystal(name: name, cell: cell.repeated(counts), atoms: copies, findings: findings)
    }
}

/// An atom of a crystal.
public struct Atom: Sendable, Hashable {
    /// The element.
    public var element: Element
    /// What the structure's file calls it, such as `Zn1`.
    public var label: String
    /// Fractional coordinates, each from 0 to below 1.
    public var position: SIMD3<Double>
    /// The partial charge in e; nil where nobody knows.
    public var charge: Double?

    /// An atom; coordinates outside of the cell are wrapped into it.
    public init(element: Element, label: String, position: SIMD3<Double>, charge: Double? = nil) {
        self.element = element
        self.label = label
        self.position = Self.wrapped(position)
        self.charge = charge
    }

    /// The same place in the cell from 0 to below 1.
    public static func wrapped(_ fractional: SIMD3<Double>) -> SIMD3<Double> {
        let rest = fractional - fractional.rounded(.down)
        // A small negative number becomes 1 by rounding.
        return rest.replacing(with: 0, where: rest .>= 1)
    }
}
