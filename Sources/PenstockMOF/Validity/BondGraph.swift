/// The bonds of a crystal: which atoms are close enough to be bonded, and in which images of the cell.
///
/// Atoms are bonded where they are closer than the sum of their covalent radii and a tolerance, the rule of E. C. Meng, R. A. Lewis, Journal
/// of Computational Chemistry 12 (1991) 891, DOI 10.1002/jcc.540120716. Two metals, or a metal and hydrogen, are neighbours by the same rule.
public struct BondGraph: Sendable {
    /// What is added to the sum of two covalent radii, 0.3 Å.
    public static let defaultTolerance = 0.3
    /// How many neighbours there may be per atom, on average, before the structure is given up as impossibly dense.
    public static let neighboursMax = 64

    /// One end of a bond, seen from the other.
    public struct Neighbour: Sendable, Hashable {
        /// The place of the atom in the crystal's list.
        public let atom: Int
        /// In which image of the cell it is.
        public let offset: SIMD3<Int32>
        /// What leads to it from the other end, in Å.
        public let vector: SIMD3<Double>
        /// How far away it is, in Å.
        public let distance: Double
    }

    /// Where the neighbours of each atom begin in `neighbours`.
    private let starts: [Int]
    private let neighbours: [Neighbour]

    /// The bonds of a crystal; each is found from both of its ends. Takes time linear in the number of atoms.
    ///
    /// Nil where atoms have more than `neighboursMax` neighbours on average, as no crystal's have.
    public init?(_ crystal: Crystal, tolerance: Double = BondGraph.defaultTolerance) {
        let atoms = crystal.atoms
        let radii = atoms.map(\.element.covalentRadius)
        let boxes = CellList(atoms.map(\.position), in: crystal.cell, cutoff: 2 * (radii.max() ?? 1) + tolerance)
        var found: [(first: Int, neighbour: Neighbour)] = []
        found.reserveCapacity(6 * atoms.count)
        let limit = Self.neighboursMax * atoms.count
        boxes.forEachPair { first, second, offset, vector, square in
            let reach = radii[first] + radii[second] + tolerance
            guard square < reach * reach else { return true }
            let end = Neighbour(atom: second, offset: offset, vector: vector, distance: square.squareRoot())
            found.append((first, end))
            return found.count <= limit
        }
        guard found.count <= limit else { return nil }
        (starts, neighbours) = Self.sorted(found, count: atoms.count)
    }

    /// The neighbours by atom; those of an atom by their distance.
    private static func sorted(
        _ found: [(first: Int, neighbour: Neighbour)], count: Int
    ) -> (starts: [Int], neighbours: [Neighbour]) {
        var starts = [Int](repeating: 0, count: count + 1)
        for bond in found { starts[bond.first + 1] += 1 }
        for atom in 0..<count { starts[atom + 1] += starts[atom] }
        var next = starts
        var order = [Int](repeating: 0, count: found.count)
        for (place, bond) in found.enumerated() {
            order[next[bond.first]] = place
            next[bond.first] += 1
        }
        var neighbours = order.map { found[$0].neighbour }
        for atom in 0..<count {
            neighbours[starts[atom]..<starts[atom + 1]].sort {
                ($0.distance, $0.atom) < ($1.distance, $1.atom)
            }
        }
        return (starts, neighbours)
    }

    /// How many atoms there are.
    public var atomCount: Int { starts.count - 1 }

    /// How many bonds there are in a cell.
    public var bondCount: Int { neighbours.count / 2 }

    /// The neighbours of an atom, the closest first.
    public subscript(atom: Int) -> ArraySlice<Neighbour> { neighbours[starts[atom]..<starts[atom + 1]] }
}
