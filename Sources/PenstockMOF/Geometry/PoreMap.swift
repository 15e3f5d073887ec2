/// Where a hard sphere, the probe, can be in a crystal, and where it can come in from outside.
public struct PoreMap: Sendable {
    /// The radius of the probe in Å.
    public let probeRadius: Double
    /// The distance field of the crystal.
    public let field: DistanceField
    let grid: DistanceGrid
    let basins: Basins
    let network: PoreNetwork

    /// The part of the pores that a place belongs to.
    public enum Region: Sendable, Hashable {
        /// The probe's centre cannot be here.
        case solid
        /// Channel with this index in `PoreGeometry.channels`: the probe can come from outside.
        case channel(Int)
        /// Pocket with this index in `PoreGeometry.pockets`: the probe fits, and cannot come in.
        case pocket(Int)
    }

    /// Indices of components: their places among channels, or among pockets.
    private let regions: [Region]

    /// The map of a crystal for a probe of this radius, in Å, not negative; nil for a crystal without atoms.
    ///
    /// Radii of atoms are `Element.poreRadius`. Takes time and memory linear in the volume of the cell.
    public init?(of crystal: Crystal, probeRadius: Double = 1.86) {
        self.init(of: crystal, probeRadius: probeRadius, spacing: Self.spacing(volume: crystal.cell.volume))
    }

    /// The map with a grid whose points are at most `spacing` Å apart.
    init?(of crystal: Crystal, probeRadius: Double, spacing: Double) {
        precondition(probeRadius >= 0 && probeRadius.isFinite, "the radius of a probe is not negative")
        guard let field = DistanceField(crystal, spacing: spacing) else { return nil }
        self.field = field
        self.probeRadius = probeRadius
        grid = DistanceGrid(field)
        // A window wider than nothing has a grid point beside it that is less than this deep inside atoms.
        basins = Basins(grid, lowest: -Float(grid.reach))
        network = PoreNetwork(field: field, grid: grid, basins: basins, probeRadius: probeRadius)
        var (channels, pockets) = (0, 0)
        regions = network.components.map { component in
            if component.dimensionality > 0 {
                channels += 1
                return .channel(channels - 1)
            }
            pockets += 1
            return .pocket(pockets - 1)
        }
    }

    /// The points of the grid along each edge of the reduced cell.
    package var gridCounts: SIMD3<Int> { grid.counts }

    /// How many points the grid has.
    package var gridPointCount: Int { grid.count }

    /// The most grid points of a cell, for bounded memory and time (about 24 bytes and 0.2 microseconds each).
    static let gridPointsMax = 8_000_000.0

    /// The distance of grid points in Å: 0.3, down to 0.25 for small cells, and more where they would be too many.
    private static func spacing(volume: Double) -> Double {
        let cubed = min(max(volume / 250_000, 0.25 * 0.25 * 0.25), 0.3 * 0.3 * 0.3)
        return cubeRoot(max(cubed, volume / gridPointsMax))
    }

    /// The part of the pores to which the probe's centre belongs at a place (Cartesian, Å).
    ///
    /// Solid where the place is nearer to an atom than the probe's radius.
    public func region(at place: SIMD3<Double>) -> Region {
        field.distance(at: place) >= probeRadius ? pore(at: place) : .solid
    }

    /// Whether a molecule at a place (Cartesian, Å) would be in a pore that it cannot have entered.
    ///
    /// Adsorption rejects molecules there. A molecule can come somewhat nearer to atoms than the probe: the place counts for the pore to
    /// which the way of steepest rise of the distance leads. Places in pores too small for the probe are blocked, too.
    public func isBlocked(at place: SIMD3<Double>) -> Bool {
        guard let component = component(near: place) else { return true }
        return network.components[component].dimensionality == 0
    }

    /// Whether a place (Cartesian, Å) belongs to a pocket, to the precision of the grid.
    ///
    /// As `isBlocked`, but without its way to the top of a pore, and not in pores too small for the probe: a molecule is seldom there, and may
    /// come from a channel beside them.
    func isInPocket(_ place: SIMD3<Double>) -> Bool {
        guard let corner = grid.highestCorner(around: place), basins.labels[corner.index] >= 0 else { return false }
        let component = network.componentOfBasin[Int(basins.labels[corner.index])]
        return component >= 0 && network.components[Int(component)].dimensionality == 0
    }

    /// The region of a place where the probe has room.
    func pore(at place: SIMD3<Double>) -> Region {
        guard let component = component(near: place) else { return .solid }
        return regions[component]
    }

    /// The region of the component of a grid point's basin.
    func pore(ofGridPoint index: Int) -> Region {
        let label = basins.labels[index]
        guard label >= 0, network.componentOfBasin[Int(label)] >= 0 else { return .solid }
        return regions[Int(network.componentOfBasin[Int(label)])]
    }

    /// The component of the pore at a place: that of a grid point beside it with room for the probe, or, in crevices that the grid does
    /// not see, of the peak above it.
    private func component(near place: SIMD3<Double>) -> Int? {
        if let corner = grid.highestCorner(around: place), Double(grid.values[corner.index]) >= probeRadius {
            let component = network.componentOfBasin[Int(basins.labels[corner.index])]
            if component >= 0 { return Int(component) }
        }
        let summit = Ascent(field: field).climb(from: place)
        guard let basin = basins.basin(around: summit.point, in: grid) else { return nil }
        let component = network.componentOfBasin[basin.basin]
        return component >= 0 ? Int(component) : nil
    }
}
