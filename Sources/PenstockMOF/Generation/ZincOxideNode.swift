#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The node Zn4O(CO2)6 of basic zinc acetate and of the IRMOFs: a tetrahedron of zinc around an oxygen, a carboxylate over each of its edges.
///
/// H. Li, M. Eddaoudi, M. O'Keeffe, O. M. Yaghi, Nature 402 (1999) 276, DOI 10.1038/46248.
enum ZincOxideNode {
    /// The zinc atoms about the oxygen, as corners of a cube of edge 2; carboxylates are along the axes.
    static let corners: [SIMD3<Double>] = [SIMD3(1, 1, 1), SIMD3(1, -1, -1), SIMD3(-1, 1, -1), SIMD3(-1, -1, 1)]

    /// The oxygen and the zinc atoms, of a node or of its mirror image.
    static func atoms(isInverted: Bool) -> [PieceAtom] {
        let edge = BondLength.zincOxide / 3.0.squareRoot() * (isInverted ? -1 : 1)
        let zinc = Element(symbol: "Zn")!
        return [PieceAtom(.oxygen, 0, 0)]
            + corners.map { PieceAtom(zinc, edge * $0.x, edge * $0.y, edge * $0.z) }
    }

    /// From the oxygen in the middle to the carbon of a carboxylate, in Å.
    ///
    /// Each oxygen of the carboxylate is bonded to one of the two zinc atoms of its edge, in the plane of both.
    static let carbonDistance: Double = {
        let angle = LinkerGeometry.carboxylateHalfAngle * .pi / 180
        let edge = BondLength.zincOxide / 3.0.squareRoot()
        let aside = 2.0.squareRoot() * edge - BondLength.carboxylate * sin(angle)
        let ahead = (BondLength.zincCarboxylate * BondLength.zincCarboxylate - aside * aside).squareRoot()
        return edge + ahead + BondLength.carboxylate * cos(angle)
    }()
}
