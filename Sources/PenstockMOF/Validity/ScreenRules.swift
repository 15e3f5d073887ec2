/// What the validity screen asks of a structure.
///
/// The checks are those of K. M. Jablonka, MOFChecker (2021), DOI 10.5281/zenodo.4700627, and of Y. G. Chung et al., Journal of Chemical &
/// Engineering Data 64 (2019) 5985, DOI 10.1021/acs.jced.9b00835, with thresholds of our own where they give none.
public struct ScreenRules: Sendable, Hashable {
    /// What is added to the sum of two covalent radii, in Å: atoms that are closer are neighbours.
    public var bondTolerance = BondGraph.defaultTolerance
    /// Atoms overlap where they are closer than this times the smaller covalent radius.
    public var overlapFactor = 1.0
    /// A contact is too short where it is shorter than this times the sum of the covalent radii.
    public var shortContactFactor = 0.6
    /// Three neighbours of a carbon lie in its plane where the sum of the three angles is this many degrees at least: 360 in a plane,
    /// 328 in a tetrahedron.
    public var planarAngleSumDegrees = 342.0
    /// Two neighbours of a carbon are opposite where their angle is this many degrees at least.
    public var linearAngleDegrees = 150.0
    /// Charges of a cell cancel where their sum is this many e at most.
    public var netChargeMax = 0.01
    /// The largest charge of an atom in e.
    public var chargeMax = 4.0
    /// The most neighbours of a metal that are not metals.
    public var metalNeighboursMax = 12
    /// The fewest neighbours of a rare-earth metal.
    public var rareEarthNeighboursMin = 5
    /// The most atoms per Å^3; diamond has 0.18, hydrogen in the densest hydrides not twice as many.
    public var densityMax = 0.5
    /// The findings that reject a structure; all others warn. Add to it to be stricter.
    public var rejecting: Set<Finding.Code> = [.impossiblyDense, .overlap, .overcoordinatedCarbon]

    /// The rules as they are unless something else is asked for.
    public init() {}
}
