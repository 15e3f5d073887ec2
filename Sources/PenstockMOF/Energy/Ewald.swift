internal import Glibc

/// How an Ewald sum is split between real and reciprocal space.
///
/// P. P. Ewald, Ann. Phys. 1921, 369, 253, DOI 10.1002/andp.19213690304; in the form of D. Frenkel, B. Smit, "Understanding Molecular
/// Simulation", 2002, chapter 12.
public struct Ewald: Sendable, Hashable {
    /// The width of the screening charges in 1/Å.
    public let alpha: Double
    /// Where the sum in real space ends, in Å.
    public let cutoff: Double
    /// Where the sum in reciprocal space ends, in 1/Å with the factor 2π.
    public let reciprocalCutoff: Double

    /// A sum of given parameters.
    public init(alpha: Double, cutoff: Double, reciprocalCutoff: Double) {
        precondition(alpha > 0 && cutoff > 0 && reciprocalCutoff > 0, "the parameters of an Ewald sum are above zero")
        (self.alpha, self.cutoff, self.reciprocalCutoff) = (alpha, cutoff, reciprocalCutoff)
    }

    /// The sum that is precise to about `precision` (relative) with a cutoff in Å, by the rule of RASPA2 and DL_POLY.
    public init(precision: Double, cutoff: Double) {
        let tolerance = abs(log(precision * cutoff)).squareRoot()
        let alpha = abs(log(precision * cutoff * tolerance)).squareRoot() / cutoff
        let reach = (-log(precision * cutoff * (2 * tolerance * alpha) * (2 * tolerance * alpha))).squareRoot()
        self.init(alpha: alpha, cutoff: cutoff, reciprocalCutoff: 2 * alpha * reach)
    }

    /// What the sum has too much for point charges, in K: every charge with its own screening charge, and pairs within a rigid molecule.
    func selfEnergy(of sites: [GuestMolecule.Site]) -> Double {
        var energy = 0.0
        for (index, site) in sites.enumerated() {
            energy += site.charge * site.charge * alpha / Double.pi.squareRoot()
            for other in sites[..<index] where site.charge * other.charge != 0 {
                let distance = length(site.position - other.position)
                // Two charges at one place: the limit of erf(αr)/r.
                let screened =
                    distance > 0 ? erf(alpha * distance) / distance : 2 * alpha / Double.pi.squareRoot()
                energy += site.charge * other.charge * screened
            }
        }
        return PhysicalConstants.coulomb * energy
    }

    /// The electrostatic energy of a crystal per cell in K, all charges with all others and with all images of all.
    ///
    /// Atoms without a charge count as neutral. A net charge is neutralised by an even background. No two atoms may be at one place.
    public func energy(of crystal: Crystal) -> Double {
        let charges = crystal.atoms.map { $0.charge ?? 0 }
        let cell = crystal.cell
        var real = 0.0
        var squares = 0.0
        let images = ImageAtoms(crystal, reach: cutoff)
        for (atom, charge) in zip(crystal.atoms, charges) {
            let place = cell.cartesian(atom.position)
            squares += charge * charge
            for image in images.atoms {
                let apart = image.position - place
                let square = dot(apart, apart)
                guard square > 1e-12, square < cutoff * cutoff else { continue }
                let distance = square.squareRoot()
                real += 0.5 * charge * charges[image.index] * erfc(alpha * distance) / distance
            }
        }
        let lattice = ReciprocalLattice(cell: cell, ewald: self)
        var sums = lattice.zeroSums()
        for (atom, charge) in zip(crystal.atoms, charges) { lattice.add(charge, at: atom.position, to: &sums) }
        let net = charges.reduce(0, +)
        let background = -Double.pi / (2 * cell.volume * alpha * alpha) * net * net
        return PhysicalConstants.coulomb * (real - alpha / Double.pi.squareRoot() * squares + background)
            + lattice.energy(of: sums)
    }
}
