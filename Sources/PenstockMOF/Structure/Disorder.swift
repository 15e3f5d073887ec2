/// Atoms that are not always there.
enum Disorder {
    /// Keeps one group of each disorder assembly: that of the highest occupancy, the first of equal ones.
    ///
    /// Many files name groups but no assemblies. There groups are alternatives where an atom of the one is in the way of one of the other.
    /// - Returns: The sites that are kept, and the labels of the others.
    static func resolve(_ sites: [AtomSite], in cell: UnitCell) -> (kept: [AtomSite], dropped: [String]) {
        let assemblies = assemblies(of: sites, in: cell)
        // Only asked by name: the order of the file, not that of a dictionary, decides between equal occupancies.
        var best: [Assembly: (group: String, occupancy: Double)] = [:]
        for (site, assembly) in zip(sites, assemblies) {
            guard let group = site.group else { continue }
            if let known = best[assembly], site.occupancy <= known.occupancy { continue }
            best[assembly] = (group, site.occupancy)
        }
        var kept: [AtomSite] = []
        var dropped: [String] = []
        for (site, assembly) in zip(sites, assemblies) {
            if let group = site.group, best[assembly]!.group != group {
                dropped.append(site.label)
            } else {
                kept.append(site)
            }
        }
        return (kept, dropped)
    }

    /// What groups are alternatives in.
    private enum Assembly: Hashable {
        case named(String)
        /// The first of the groups that are in each other's way.
        case around(group: String)
    }

    /// The assembly of each site.
    private static func assemblies(of sites: [AtomSite], in cell: UnitCell) -> [Assembly] {
        let nameless = sites.filter { $0.group != nil && $0.assembly.isEmpty }
        var groups: [String] = []
        var number: [String: Int] = [:]
        for site in nameless where number[site.group!] == nil {
            number[site.group!] = groups.count
            groups.append(site.group!)
        }
        var first = Array(groups.indices)
        if groups.count > 1 {
            let radii = nameless.map(\.element.covalentRadius)
            let owners = nameless.map { number[$0.group!]! }
            // Rubbish of very many atoms in one place is not worth more time than this.
            var pairsLeft = 64 * nameless.count
            let boxes = CellList(
                nameless.map { Atom.wrapped($0.position) }, in: cell, cutoff: 2 * radii.max()! * obstruction)
            boxes.forEachPair { one, other, _, _, square in
                let reach = obstruction * (radii[one] + radii[other])
                guard square < reach * reach else { return true }
                let (left, right) = (first[owners[one]], first[owners[other]])
                if left != right {
                    for group in first.indices where first[group] == max(left, right) {
                        first[group] = min(left, right)
                    }
                }
                pairsLeft -= 1
                return pairsLeft > 0
            }
        }
        return sites.map { site in
            guard let group = site.group, site.assembly.isEmpty else { return .named(site.assembly) }
            return .around(group: groups[first[number[group]!]])
        }
    }

    /// Atoms are in each other's way where they are closer than this times the sum of their covalent radii: closer than any bond.
    private static let obstruction = 0.85

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
