/// The fragments of a bond graph: molecules, chains, layers and frameworks, each with the directions in which it goes on without end.
///
/// A union-find whose links carry the offset between cells: a bond between two atoms of one fragment whose offsets do not add up leads to an
/// image of the fragment itself, so that it repeats by that translation. The number of independent translations is its dimension.
public struct Fragments: Sendable {
    /// A fragment.
    public struct Fragment: Sendable, Hashable {
        /// Its atoms, as places in the crystal's list, in rising order.
        public let atoms: [Int]
        /// 0 for a molecule, 1 for a chain, 2 for a layer, 3 for a framework.
        public let dimension: Int
        /// How many frameworks apart from each other its atoms make, with all their images: more than one where the framework repeats by
        /// fewer translations than the cell. 1 for a fragment that is none.
        public let copies: Int
    }

    /// The fragments, in the order of their first atoms.
    public let all: [Fragment]

    /// How many frameworks, each without end in three dimensions, go through each other; the same in any cell of a crystal.
    public var interpenetration: Int { all.reduce(0) { $0 + ($1.dimension == 3 ? $1.copies : 0) } }

    /// The fragments of a graph.
    public init(_ bonds: BondGraph) {
        var sets = OffsetSets(count: bonds.atomCount)
        for atom in 0..<bonds.atomCount {
            for end in bonds[atom] where end.atom >= atom { sets.join(atom, end.atom, offset: end.offset) }
        }
        var members: [[Int]] = []
        var number = [Int](repeating: -1, count: bonds.atomCount)
        for atom in 0..<bonds.atomCount {
            let root = sets.root(of: atom).root
            if number[root] < 0 {
                number[root] = members.count
                members.append([])
            }
            members[number[root]].append(atom)
        }
        var fragments: [Fragment] = []
        for atoms in members {
            let lattice = sets.lattices[sets.root(of: atoms[0]).root]
            fragments.append(Fragment(atoms: atoms, dimension: lattice.rank, copies: lattice.index ?? 1))
        }
        all = fragments
    }
}

/// Disjoint sets of atoms in which every atom knows in which cell it is, seen from the set's root.
struct OffsetSets {
    private var parents: [Int]
    private var sizes: [Int]
    private var offsets: [SIMD3<Int32>]
    /// The translations by which each root's set repeats.
    private(set) var lattices: [TranslationLattice]

    init(count: Int) {
        parents = Array(0..<count)
        sizes = [Int](repeating: 1, count: count)
        offsets = [SIMD3<Int32>](repeating: .zero, count: count)
        lattices = [TranslationLattice](repeating: TranslationLattice(), count: count)
    }

    /// The root of an atom's set, and the offset from the root to the atom. Shortens the way for the next time.
    mutating func root(of atom: Int) -> (root: Int, offset: SIMD3<Int32>) {
        var root = atom
        var total = SIMD3<Int32>.zero
        while parents[root] != root {
            total &+= offsets[root]
            root = parents[root]
        }
        var (next, rest) = (atom, total)
        while parents[next] != root, next != root {
            let (parent, step) = (parents[next], offsets[next])
            (parents[next], offsets[next]) = (root, rest)
            rest &-= step
            next = parent
        }
        return (root, total)
    }

    /// Says that the second atom, `offset` cells away, belongs to the first.
    mutating func join(_ first: Int, _ second: Int, offset: SIMD3<Int32>) {
        let (rootOne, one) = root(of: first)
        let (rootTwo, two) = root(of: second)
        // Where the second root is, seen from the first.
        let apart = one &+ offset &- two
        if rootOne == rootTwo { return lattices[rootOne].add(apart) }
        let (parent, child) = sizes[rootOne] >= sizes[rootTwo] ? (rootOne, rootTwo) : (rootTwo, rootOne)
        parents[child] = parent
        offsets[child] = parent == rootOne ? apart : SIMD3<Int32>.zero &- apart
        sizes[parent] += sizes[child]
        lattices[parent].add(lattices[child])
    }
}
