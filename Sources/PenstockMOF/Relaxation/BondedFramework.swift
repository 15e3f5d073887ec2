internal import Glibc

/// A framework with bonds, angles and inversions by UFF: what a program for molecular mechanics needs.
///
/// The bonds are those of the structure's own graph, without those of two metals, or of hydrogen and a metal. Lengths strive for UFF's natural
/// lengths, angles for the angles as found, with UFF's force constants; carbon and nitrogen of three neighbours in a plane stay in it by UFF's
/// inversion. There are no torsions and no charges, and no bond is made or broken.
struct BondedFramework: Sendable {
    /// Two atoms and the parameters of their bond: E = k/2 (r - r0)^2.
    struct Bond: Sendable, Hashable {
        let first, second: Int
        /// r0 in Å.
        let length: Double
        /// k in kcal/mol/Å^2.
        let constant: Double
    }

    /// Three atoms, the apex in the middle: E = K/2 (theta - theta0)^2 near theta0.
    struct Angle: Sendable, Hashable {
        let first, apex, third: Int
        /// theta0 in degrees.
        let degrees: Double
        /// K in kcal/mol/rad^2.
        let constant: Double
    }

    /// The centre, two neighbours that span a plane with it, and the third, which has an angle omega with that plane: E = K (1 - cos omega).
    struct Inversion: Sendable, Hashable {
        let centre, first, second, third: Int
    }

    /// The crystal, so many cells of it that no atom is bonded to an image of a neighbour.
    let crystal: Crystal
    /// The cells along each edge.
    let cells: SIMD3<Int>
    let bonds: [Bond]
    let angles: [Angle]
    let inversions: [Inversion]

    /// The least width of the box in Å: two bonds each way, with room to stretch.
    static let widthMin = 12.0

    /// The terms of a crystal; nil where its atoms are impossibly dense.
    init?(_ crystal: Crystal) {
        cells = crystal.cell.repeats(forWidth: Self.widthMin)
        var box = crystal.repeated(cells)
        // Bonds are measured in the convention in which the program has the box.
        box.cell = box.cell.conventional
        self.crystal = box
        guard let graph = BondGraph(box) else { return nil }
        let neighbours = box.atoms.indices.map { atom in
            graph[atom].filter { Self.areBonded(box.atoms[atom].element, box.atoms[$0.atom].element) }
        }
        let types = box.atoms.indices.map { atom in
            let isBesideFlatCarbon = neighbours[atom].contains {
                box.atoms[$0.atom].element == .carbon && neighbours[$0.atom].count == 3
            }
            return UFFAtomType.type(
                of: box.atoms[atom].element, bonds: neighbours[atom], isBesideFlatCarbon: isBesideFlatCarbon)
        }
        func length(_ first: Int, _ bond: BondGraph.Neighbour) -> Double {
            let (one, other) = (types[first], types[bond.atom])
            return UFFTerms.length(one, other, order: UFFTerms.order(one, other, found: bond.distance))
        }
        var bonds: [Bond] = []
        var angles: [Angle] = []
        var inversions: [Inversion] = []
        for atom in box.atoms.indices {
            let ends = neighbours[atom]
            let lengths = ends.map { length(atom, $0) }
            for (place, end) in ends.enumerated() where atom < end.atom {
                let constant = UFFTerms.bondConstant(types[atom], types[end.atom], length: lengths[place])
                bonds.append(Bond(first: atom, second: end.atom, length: lengths[place], constant: constant))
            }
            for first in ends.indices {
                for third in ends.indices where third > first {
                    let degrees = angleDegrees(ends[first].vector, ends[third].vector)
                    let constant = UFFTerms.angleConstant(
                        types[ends[first].atom], types[ends[third].atom], lengths: (lengths[first], lengths[third]),
                        angleDegrees: degrees)
                    angles.append(
                        Angle(
                            first: ends[first].atom, apex: atom, third: ends[third].atom, degrees: degrees,
                            constant: constant))
                }
            }
            if ends.count == 3, ["C_R", "N_R"].contains(types[atom].name), Self.isFlat(ends) {
                let around = ends.map(\.atom)
                for (first, second, third) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
                    inversions.append(
                        Inversion(centre: atom, first: around[first], second: around[second], third: around[third]))
                }
            }
        }
        (self.bonds, self.angles, self.inversions) = (bonds, angles, inversions)
    }

    /// Metals close to each other are held by what is between them.
    private static func areBonded(_ first: Element, _ second: Element) -> Bool {
        let (metal, other) = first.isMetal ? (first, second) : (second, first)
        return !metal.isMetal || !(other.isMetal || other == .hydrogen)
    }

    /// Whether three neighbours lie in a plane with their centre, within half a degree each.
    private static func isFlat(_ ends: [BondGraph.Neighbour]) -> Bool {
        let (one, two, three) = (ends[0].vector, ends[1].vector, ends[2].vector)
        return angleDegrees(one, two) + angleDegrees(two, three) + angleDegrees(three, one) > 358.5
    }
}
