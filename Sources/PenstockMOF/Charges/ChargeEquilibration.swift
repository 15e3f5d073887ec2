/// Partial charges of a crystal's atoms by charge equilibration, from nothing but their elements and places.
///
/// The extended method, EQeq: C. E. Wilmer, K. C. Kim, R. Q. Snurr, The Journal of Physical Chemistry Letters 3 (2012) 2506,
/// DOI 10.1021/jz3008485, with the constants of the authors' program. The charges q of a cell are those of lowest energy,
///
///     E = Σ Xi qi + ½ Σ Ji qi² + ½ Σ Kij qi qj,     Σ qi = 0,
///
/// where electronegativity X and hardness J are those of the free atom around its usual charge, and Kij is the Coulomb energy of two unit
/// charges with all their images, screened and softened where the atoms overlap. That is one system of linear equations. Lattice
/// sums are converged to 1e-8, unlike those of the authors' program, which ends them behind two cells: charges of equivalent atoms are
/// equal, and do not depend on the choice of the cell.
///
/// Charges come within a tenth to a quarter of an e of those from electron densities. They are fit for ranking many frameworks, and for nothing
/// that depends on a single charge.
public enum ChargeEquilibration {
    /// The most atoms of a cell: the matrix grows with their square, to 288 MB, and the time for it with their cube.
    public static let atomsMax = 6000

    /// Charges beyond this, in e, are signs that the method has failed for a structure.
    public static let largestPlausibleCharge = 3.0

    /// What is added to all elements of the matrix, in eV/e^2. The energy of a neutral cell stays what it is, and that of a charged one becomes so
    /// high that the matrix is positive definite wherever there is a lowest energy at all.
    private static let chargedCellPenalty = 100.0

    /// The charges in e, in the order of the atoms; they add up to 0 but for rounding. Charges that the crystal has are not looked at.
    /// - Complexity: The cube of the number of atoms: some 0.02 s for 400, 0.6 s for 1600.
    /// - Throws: `ChargeEquilibrationError`, where an element has no data, the cell is too large, or no charges are of lowest energy.
    public static func charges(of crystal: Crystal) throws(ChargeEquilibrationError) -> [Double] {
        let parameters = try parameters(of: crystal)
        guard !parameters.isEmpty else { return [] }
        guard parameters.count <= atomsMax else {
            throw ChargeEquilibrationError(
                .tooManyAtoms,
                "the cell has \(parameters.count) atoms, more than the \(atomsMax) that charges are equilibrated for")
        }
        let interactions = ChargeInteractions(crystal, hardnesses: parameters.map(\.hardness))
        guard let factor = CholeskyFactor(interactions.matrix(addingToAll: chargedCellPenalty)) else {
            throw ChargeEquilibrationError(
                .noEquilibrium,
                "no charges are of lowest energy, as where atoms are far closer than a bond; look for overlaps and disorder"
            )
        }
        // At the lowest energy all atoms have one chemical potential μ: K q = μ - X, and μ is what makes the cell neutral.
        let response = factor.solve([Double](repeating: 1, count: parameters.count))
        let pull = factor.solve(parameters.map(\.electronegativity))
        let potential = pull.reduce(0, +) / response.reduce(0, +)
        return zip(response, pull).map { potential * $0 - $1 }
    }

    private static func parameters(
        of crystal: Crystal
    ) throws(ChargeEquilibrationError) -> [EquilibrationParameters] {
        let missing = Set(crystal.atoms.map(\.element)).filter { EquilibrationParameters.of($0) == nil }.sorted()
        guard missing.isEmpty else {
            throw ChargeEquilibrationError(
                .missingElement, "there are no data for charge equilibration of \(named(missing.map(\.symbol)))")
        }
        return crystal.atoms.compactMap { EquilibrationParameters.of($0.element) }
    }
}

extension Crystal {
    /// The crystal with the charges of `ChargeEquilibration` instead of its own.
    /// - Throws: `ChargeEquilibrationError`.
    public func withEquilibratedCharges() throws(ChargeEquilibrationError) -> Crystal {
        let charges = try ChargeEquilibration.charges(of: self)
        var crystal = self
        for (index, charge) in charges.enumerated() { crystal.atoms[index].charge = charge }
        return crystal
    }
}
