/// The parameters of a Lennard-Jones potential, U(r) = 4 ε [(σ/r)^12 - (σ/r)^6].
public struct LennardJones: Sendable, Hashable {
    /// The well depth ε / kB in K, 0 or more.
    public var epsilonKelvin: Double
    /// The distance σ in Å where the energy is zero, 0 or more.
    public var sigma: Double

    /// Parameters of one kind of atoms or of a pair.
    public init(epsilonKelvin: Double, sigma: Double) {
        precondition(epsilonKelvin >= 0 && sigma >= 0, "a well depth and a size are not negative")
        (self.epsilonKelvin, self.sigma) = (epsilonKelvin, sigma)
    }

    /// Whether there is no interaction at all.
    public var isZero: Bool { epsilonKelvin == 0 || sigma == 0 }

    /// The parameters of a pair of unlike atoms by the rules of Lorentz (mean σ) and Berthelot (geometric mean ε).
    public func mixed(with other: LennardJones) -> LennardJones {
        LennardJones(
            epsilonKelvin: (epsilonKelvin * other.epsilonKelvin).squareRoot(), sigma: (sigma + other.sigma) / 2)
    }

    /// The energy in K at a distance in Å, without a cutoff.
    public func energy(atDistance distance: Double) -> Double {
        let ratio = sigma / distance
        let sixth = ratio * ratio * ratio * ratio * ratio * ratio
        return 4 * epsilonKelvin * sixth * (sixth - 1)
    }

    /// What lies beyond a cutoff in Å, in K for one atom in a uniform density of 1 atom/Å^3 of the other kind:
    /// (16/3) π ε σ^3 [(1/3)(σ/rc)^9 - (σ/rc)^3].
    ///
    /// It is the integral of the potential from the cutoff on: twice the term per atom of N equal particles, where each pair counts once
    /// (D. Frenkel, B. Smit, "Understanding Molecular Simulation", 2002, section 3.2.2).
    public func tail(beyond cutoff: Double) -> Double {
        let third = (sigma / cutoff) * (sigma / cutoff) * (sigma / cutoff)
        return 16 / 3 * .pi * epsilonKelvin * sigma * sigma * sigma * (third * third * third / 3 - third)
    }
}

/// How interactions between sites end.
public struct Interactions: Sendable, Hashable {
    /// What becomes of the Lennard-Jones potential at the cutoff.
    public enum Truncation: String, Sendable, Hashable {
        /// It stops there.
        case truncated
        /// It stops there, and is shifted so that it is zero there.
        case shifted
        /// It stops there, and the mean of what lies beyond is added, as if the atoms were spread evenly.
        case tailCorrected
    }

    /// The distance in Å from which two sites do not interact, for Lennard-Jones and for the real-space part of electrostatics.
    public var cutoff: Double
    /// What becomes of the Lennard-Jones potential there.
    public var truncation: Truncation
    /// Whether charges count.
    public var usesCharges: Bool
    /// The relative precision that the Ewald sum is set up for.
    public var ewaldPrecision: Double

    /// By default what RASPA and MOFA use for carbon dioxide: 12.8 Å, truncated.
    public init(
        cutoff: Double = 12.8, truncation: Truncation = .truncated, usesCharges: Bool = false,
        ewaldPrecision: Double = 1e-6
    ) {
        precondition(cutoff > 0 && cutoff.isFinite, "a cutoff is above zero")
        precondition(ewaldPrecision > 0 && ewaldPrecision < 0.1 / cutoff, "the precision of an Ewald sum is small")
        (self.cutoff, self.truncation) = (cutoff, truncation)
        (self.usesCharges, self.ewaldPrecision) = (usesCharges, ewaldPrecision)
    }
}
