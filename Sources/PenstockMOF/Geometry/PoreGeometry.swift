/// The geometry of the pores of a crystal of hard spheres: diameters, channels and pockets, surface and void fractions.
///
/// Diameters are exact but for rounding (1e-4 Å) on the spots that a grid of 0.3 Å finds; surface and void fractions have errors of some
/// parts in a thousand. The same crystal, probe and seed give the same values, bit by bit. Nothing is NaN: what does not exist is zero.
///
/// Definitions as in T. F. Willems et al., Microporous Mesoporous Mater. 149 (2012) 134, DOI 10.1016/j.micromeso.2011.08.020. Unlike there, distances
/// to atoms of different radii are compared as they are, not by radical planes.
public struct PoreGeometry: Sendable, Hashable {
    /// The radius of the probe in Å; 1.86 for nitrogen.
    public let probeRadius: Double
    /// The diameter of the largest sphere that fits between the atoms (LCD), in Å.
    public let largestCavityDiameter: Double
    /// The diameter of the largest sphere that can move through the crystal without end (PLD), in Å.
    public let poreLimitingDiameter: Double
    /// The diameter of the largest sphere that fits along the way of that one (LFPD), in Å.
    public let largestFreePathDiameter: Double
    /// Connected pores in which the probe can move through the crystal without end.
    public let channels: [Pore]
    /// Connected pores in which the probe fits, but which it cannot leave.
    public let pockets: [Pore]
    /// The surface on which the probe's centre rolls.
    public let surface: PoreSurface
    /// The share of the cell in which a point is outside of all atoms: {D >= 0}.
    public let pointProbeVoidFraction: Double
    /// The volume of the cell in Å^3.
    public let cellVolume: Double
    /// The mass of a mole of cells in g/mol.
    public let cellMass: Double

    /// A connected part of the space in which the centre of the probe can be.
    public struct Pore: Sendable, Hashable {
        /// In how many independent directions it runs through the crystal: 1 to 3 for channels, 0 for pockets.
        public let dimensionality: Int
        /// The diameter of the largest sphere in it, in Å.
        public let largestDiameter: Double
        /// Its volume for the probe's centre, in Å^3 per cell.
        public let volume: Double
    }

    /// The geometry of a crystal's pores; nil for a crystal without atoms.
    ///
    /// - Parameters:
    ///   - crystal: Atoms count with `Element.poreRadius`.
    ///   - probeRadius: The radius of the probe in Å, not negative.
    ///   - seed: For the rotation of the points on each atom.
    ///   - pointsPerAtom: Points on each atom by which the surface is measured; nil for a million in all, but 2000 to 20,000 each.
    public init?(of crystal: Crystal, probeRadius: Double = 1.86, seed: UInt64 = 0, pointsPerAtom: Int? = nil) {
        guard let map = PoreMap(of: crystal, probeRadius: probeRadius) else { return nil }
        self.init(of: crystal, map: map, seed: seed, pointsPerAtom: pointsPerAtom)
    }

    /// The geometry of a crystal's pores from its map, which serves to block pockets, too.
    public init(of crystal: Crystal, map: PoreMap, seed: UInt64 = 0, pointsPerAtom: Int? = nil) {
        probeRadius = map.probeRadius
        largestCavityDiameter = max(0, map.network.largestCavityDiameter)
        poreLimitingDiameter = map.network.poreLimitingDiameter ?? 0
        largestFreePathDiameter = map.network.largestFreePathDiameter ?? 0
        let channels = map.network.components.filter { $0.dimensionality > 0 }
        let pockets = map.network.components.filter { $0.dimensionality == 0 }
        let volume = PoreVolume(map, channels: channels.count, pockets: pockets.count)
        func pore(_ component: PoreNetwork.Component, _ volume: Double) -> Pore {
            Pore(
                dimensionality: component.dimensionality, largestDiameter: 2 * component.largestRadius, volume: volume)
        }
        self.channels = zip(channels, volume.channels).map(pore)
        self.pockets = zip(pockets, volume.pockets).map(pore)
        surface = map.surface(of: crystal, pointsPerAtom: pointsPerAtom, seed: seed)
        cellVolume = crystal.cell.volume
        cellMass = crystal.molarMass
        pointProbeVoidFraction = min(1, volume.pointProbe / cellVolume)
    }

    /// The share of the cell in which the probe's centre can be, {D >= probe radius}: accessible and not.
    public var voidFraction: Double { accessibleVoidFraction + nonAccessibleVoidFraction }

    /// The share of the cell in channels, for the probe's centre.
    public var accessibleVoidFraction: Double { channels.reduce(0) { $0 + $1.volume } / cellVolume }

    /// The share of the cell in pockets, for the probe's centre.
    public var nonAccessibleVoidFraction: Double { pockets.reduce(0) { $0 + $1.volume } / cellVolume }

    /// The surface per mass in m^2/g, accessible and not. Zero accessible surface is not zero uptake.
    public var surfaceSquareMetresPerGram: Double { surface.total * squareMetresPerGram }

    /// The accessible surface per mass in m^2/g.
    public var accessibleSurfaceSquareMetresPerGram: Double { surface.accessible * squareMetresPerGram }

    /// The surface per volume in m^2/cm^3, accessible and not.
    public var surfaceSquareMetresPerCubicCentimetre: Double { surface.total / cellVolume * 1e4 }

    /// 1 Å^2 per cell in m^2/g: 1e-20 m^2 times the Avogadro constant over the molar mass.
    private var squareMetresPerGram: Double { 6022.14076 / cellMass }
}
