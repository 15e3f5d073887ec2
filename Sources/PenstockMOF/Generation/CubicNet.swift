/// Frameworks on the primitive cubic net (pcu) with the node Zn4O(CO2)6: one linker along each of three axes at right angles.
///
/// The node has no inversion centre, and flat linkers need neighbours that are images of each other by inversion: the cell is the primitive
/// one of a lattice with two nodes, rhombohedral for IRMOF-1. Net: M. O'Keeffe et al., Acc. Chem. Res. 41 (2008) 1782, DOI 10.1021/ar800124u.
public enum CubicNet {
    /// The framework of three linkers, along x, y and z. Exchanging them makes the same framework, turned.
    public static func crystal(name: String, linkers x: Linker, _ y: Linker, _ z: Linker) -> Crystal {
        let geometries = [x, y, z].map { LinkerGeometry($0) }
        let spacing = geometries.map { $0.length + 2 * ZincOxideNode.carbonDistance }
        let cell = UnitCell(
            a: SIMD3(0, spacing[1], spacing[2]), b: SIMD3(spacing[0], 0, spacing[2]),
            c: SIMD3(spacing[0], spacing[1], 0))!
        let neighbour = SIMD3(spacing[0], 0, 0)
        var atoms: [PieceAtom] = []
        for (origin, isInverted) in [(SIMD3<Double>.zero, false), (neighbour, true)] {
            atoms += ZincOxideNode.atoms(isInverted: isInverted).map { moved($0, by: origin) }
        }
        // Both linkers along an axis start at the node that is not inverted, one ahead and one back.
        for axis in 0..<3 {
            for side in [1.0, -1.0] {
                var along = SIMD3<Double>.zero
                along[axis] = side
                let ends = ZincOxideNode.corners.filter { $0[axis] == side }
                let across = (ends[0] - ends[1]) / (2 * 2.0.squareRoot())
                let normal = cross(along, across)
                atoms += geometries[axis].atoms.map { atom in
                    let place =
                        (ZincOxideNode.carbonDistance + atom.position.x) * along + atom.position.y * across
                        + atom.position.z * normal
                    return PieceAtom(atom.element, place.x, place.y, place.z)
                }
            }
        }
        return Crystal(name: name, cell: cell, atoms: labelled(atoms, cell))
    }

    private static func moved(_ atom: PieceAtom, by shift: SIMD3<Double>) -> PieceAtom {
        var moved = atom
        moved.position += shift
        return moved
    }

    /// Labels such as `C12`, by element and order.
    private static func labelled(_ atoms: [PieceAtom], _ cell: UnitCell) -> [Atom] {
        var counts = [Int](repeating: 0, count: 104)
        return atoms.map { atom in
            counts[Int(atom.element.rawValue)] += 1
            return Atom(
                element: atom.element, label: "\(atom.element)\(counts[Int(atom.element.rawValue)])",
                position: cell.fractional(atom.position))
        }
    }
}
