/// Lengths in Å of which frameworks are built: those of F. H. Allen et al., J. Chem. Soc., Perkin Trans. 2 1987, S1,
/// DOI 10.1039/P298700000S1, and with zinc of H. Li et al., Nature 402 (1999) 276, DOI 10.1038/46248, as round numbers.
enum BondLength {
    static let aromatic = 1.39
    static let aromaticHydrogen = 1.08
    static let triple = 1.19
    static let arylAryl = 1.49
    static let arylAlkyne = 1.43
    static let alkyneAlkyne = 1.38
    static let arylCarboxylate = 1.49
    static let alkyneCarboxylate = 1.45
    static let carboxylate = 1.26
    static let zincOxide = 1.94
    static let zincCarboxylate = 1.94
}

/// An atom of a rigid piece, in the frame of the piece, in Å.
struct PieceAtom: Sendable, Hashable {
    var element: Element
    var position: SIMD3<Double>

    init(_ element: Element, _ x: Double, _ y: Double, _ z: Double = 0) {
        (self.element, position) = (element, SIMD3(x, y, z))
    }
}

/// How close atoms of two sets come: the smallest distance over the sum of the radii of the atoms' pores; infinite where a set is empty.
func clearance(_ some: [PieceAtom], _ others: [PieceAtom]) -> Double {
    var smallest = Double.infinity
    for one in some {
        for other in others {
            let distance = length(one.position - other.position)
            smallest = min(smallest, distance / (one.element.poreRadius + other.element.poreRadius))
        }
    }
    return smallest
}
