/// The atoms of a crystal's cell and of the cells around it, up to a distance from the cell.
///
/// They stand in for the minimum-image rule, which fails in cells narrower than twice the cutoff: sums over them are right for any cell.
struct ImageAtoms {
    /// An atom in the cell or one of its images.
    struct Image {
        /// Where it is, in Å.
        let position: SIMD3<Double>
        /// Which atom of the crystal it is.
        let index: Int
    }

    let atoms: [Image]

    /// - Parameter reach: How far from the faces of the cell, in Å.
    init(_ crystal: Crystal, reach: Double) {
        let cell = crystal.cell
        // In fractional coordinates the cell reaches from 0 to 1, and `reach` as far as this beyond.
        let beyond = SIMD3(repeating: reach) / cell.widths
        let cells = (beyond + 1).rounded(.down)
        var atoms: [Image] = []
        for (index, atom) in crystal.atoms.enumerated() {
            for x in -Int(cells.x)...Int(cells.x) {
                for y in -Int(cells.y)...Int(cells.y) {
                    for z in -Int(cells.z)...Int(cells.z) {
                        let place = atom.position + SIMD3(Double(x), Double(y), Double(z))
                        guard all(place .> -beyond), all(place .< 1 + beyond) else { continue }
                        atoms.append(Image(position: cell.cartesian(place), index: index))
                    }
                }
            }
        }
        self.atoms = atoms
    }
}
