/// Makes all atoms of a cell from those that a file lists.
struct SymmetryExpansion {
    /// Images of one atom that are closer than this, in Å, are the same: it lies on, or nearly on, an element of symmetry.
    static let imageDistance = 0.15
    /// Atoms of one element that are listed apart but closer than this, in Å, are the same. It allows for coordinates of three decimals in a
    /// long cell, and no more: atoms further apart overlap, which the validity screen must see.
    static let repetitionDistance = 0.05
    /// The most atoms that a cell may have.
    static let atomsMax = 100_000

    /// The atoms.
    private(set) var atoms: [Atom] = []
    /// Which of the sites each atom comes from.
    private(set) var origins: [Int] = []
    /// The labels of atoms that were listed more than once.
    private(set) var repeated: [String] = []
    /// The labels of parts of atoms that gave way to another element in the same place.
    private(set) var outvoted: [String] = []

    init(
        _ sites: [AtomSite], by operators: [SymmetryOperator], in cell: UnitCell, structure: String
    ) throws(StructureError) {
        atoms.reserveCapacity(sites.count * operators.count)
        for (index, site) in sites.enumerated() {
            addImages(of: site, index, by: operators, in: cell)
            guard atoms.count <= Self.atomsMax else {
                throw StructureError(
                    .tooManyAtoms, structure: structure, "has more than \(Self.atomsMax) atoms in a cell",
                    hint: "give the primitive cell")
            }
        }
        mergeRepeated(sites, in: cell)
    }

    private mutating func addImages(
        of site: AtomSite, _ index: Int, by operators: [SymmetryOperator], in cell: UnitCell
    ) {
        let first = atoms.count
        let limit = Self.imageDistance * Self.imageDistance
        for symmetry in operators {
            let image = Atom.wrapped(symmetry.image(of: site.position))
            let isKnown = (first..<atoms.count).contains { other in
                let apart = image - atoms[other].position
                let vector = cell.cartesian(apart - apart.rounded(.toNearestOrAwayFromZero))
                return dot(vector, vector) < limit
            }
            if isKnown { continue }
            atoms.append(Atom(element: site.element, label: site.label, position: image, charge: site.charge))
            origins.append(index)
        }
    }

    /// Merges atoms of one element, or parts of atoms, that stand in one place; the one of higher occupancy stays, the first of equal ones.
    private mutating func mergeRepeated(_ sites: [AtomSite], in cell: UnitCell) {
        guard atoms.count > 1 else { return }
        var isDropped = [Bool](repeating: false, count: atoms.count)
        let boxes = CellList(atoms.map(\.position), in: cell, cutoff: Self.repetitionDistance)
        var pairs: [(Int, Int)] = []
        let limit = 64 * atoms.count
        boxes.forEachPair { first, second, _, _, _ in
            let (one, other) = (sites[origins[first]], sites[origins[second]])
            if first < second, one.element == other.element || (one.occupancy < 1 && other.occupancy < 1) {
                pairs.append((first, second))
            }
            return pairs.count < limit
        }
        for (first, second) in pairs.sorted(by: <) where !isDropped[first] && !isDropped[second] {
            let loser = sites[origins[second]].occupancy > sites[origins[first]].occupancy ? first : second
            isDropped[loser] = true
            if atoms[first].element == atoms[second].element {
                repeated.append(atoms[loser].label)
            } else if outvoted.last != atoms[loser].label {
                outvoted.append(atoms[loser].label)
            }
        }
        guard isDropped.contains(true) else { return }
        keep(atoms.indices.filter { !isDropped[$0] })
    }

    /// Keeps only these atoms.
    mutating func keep(_ places: [Int]) {
        origins = places.map { origins[$0] }
        atoms = places.map { atoms[$0] }
    }
}
