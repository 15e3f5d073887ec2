/// Atoms that are not always there.
enum Disorder {
    /// Keeps one group of each disorder assembly: that of the highest occupancy, the first of equal ones.
    /// - Returns: The sites that are kept, and the labels of the others.
    static func resolve(_ sites: [AtomSite]) -> (kept: [AtomSite], dropped: [String]) {
        // The order of the file, not that of a dictionary, decides between equal occupancies.
        var best: [String: (group: String, occupancy: Double)] = [:]
        for site in sites {
            guard let group = site.group else { continue }
            if let known = best[site.assembly], site.occupancy <= known.occupancy { continue }
            best[site.assembly] = (group, site.occupancy)
        }
        var kept: [AtomSite] = []
        var dropped: [String] = []
        for site in sites {
            if let group = site.group, best[site.assembly]!.group != group {
                dropped.append(site.label)
            } else {
                kept.append(site)
            }
        }
        return (kept, dropped)
    }

    /// Takes out atoms of no group that are not always there and have no neighbour: solvent in the pores.
    /// - Returns: The places of the atoms that are kept, and the labels of the others.
    static func withoutSolvent(
        _ expansion: SymmetryExpansion, _ sites: [AtomSite], cell: UnitCell
    ) -> (kept: [Int], dropped: [String]) {
        let atoms = expansion.atoms
        let isPartial = expansion.origins.map { sites[$0].occupancy < 1 && sites[$0].group == nil }
        guard isPartial.contains(true), let bonds = BondGraph(Crystal(name: "", cell: cell, atoms: atoms)) else {
            return (Array(atoms.indices), [])
        }
        var kept: [Int] = []
        var dropped: [String] = []
        for atom in atoms.indices {
            // Images of the atom itself, where its places overlap, are no neighbours.
            let isBonded = bonds[atom].contains { expansion.origins[$0.atom] != expansion.origins[atom] }
            if !isPartial[atom] || isBonded {
                kept.append(atom)
            } else if dropped.last != atoms[atom].label {
                dropped.append(atoms[atom].label)
            }
        }
        return (kept, dropped)
    }
}
