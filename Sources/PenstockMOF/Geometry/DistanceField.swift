/// The distance from any point to the surface of the nearest atom of a crystal: D(x) = min over i of |x - r_i| - R_i, in Å, over all
/// periodic images of all atoms; negative inside atoms.
///
/// The values are exact, whatever the shape of the cell and however small it is. Construction takes time linear in the number of
/// atoms, a query the time for the few atoms that can be nearest in its block of the cell.
public struct DistanceField: Sendable {
    /// A reduced cell of the crystal's lattice; grids and offsets refer to it.
    let cell: UnitCell
    /// All atoms, for searches around a place.
    let bins: SphereBins
    /// The blocks along each edge of the cell.
    let blocks: SIMD3<Int>
    /// Half of the longest diagonal of a block in Å.
    let reach: Double
    /// The spheres of block i are those from `starts[i]` to below `starts[i + 1]`, by falling radius.
    let starts: [Int]
    let spheres: [Sphere]

    /// An atom of the infinite crystal, as a hard sphere.
    struct Sphere: Sendable, Equatable {
        var centre: SIMD3<Double>
        var radius: Double

        @inline(__always) func distance(_ point: SIMD3<Double>) -> Double { length(point - centre) - radius }
    }

    /// The field of a crystal with the radii of its elements (see `Element.poreRadius`); nil for a crystal without atoms.
    public init?(_ crystal: Crystal) {
        self.init(crystal, spacing: 0.3)
    }

    /// The field with blocks for a grid whose points are `spacing` Å apart.
    init?(_ crystal: Crystal, spacing: Double) {
        guard let bins = SphereBins(crystal) else { return nil }
        self.bins = bins
        cell = bins.cell
        let counts = (cell.lengths / (spacing * Double(Self.pointsPerBlock))).rounded(.up)
        blocks = SIMD3(max(1, Int(counts.x)), max(1, Int(counts.y)), max(1, Int(counts.z)))
        let block = UnitCell(
            a: cell.a / Double(blocks.x), b: cell.b / Double(blocks.y), c: cell.c / Double(blocks.z))!
        reach =
            0.5
            * max(
                max(length(block.a + block.b + block.c), length(block.a + block.b - block.c)),
                max(length(block.a - block.b + block.c), length(block.b + block.c - block.a)))
        var starts = [0]
        var spheres: [Sphere] = []
        for x in 0..<blocks.x {
            for y in 0..<blocks.y {
                for z in 0..<blocks.z {
                    let place = SIMD3(Double(x) + 0.5, Double(y) + 0.5, Double(z) + 0.5)
                    bins.appendNearest(block.cartesian(place), within: 2 * reach, to: &spheres)
                    spheres[starts[starts.count - 1]...].sort { $0.radius > $1.radius }
                    starts.append(spheres.count)
                }
            }
        }
        self.starts = starts
        self.spheres = spheres
    }

    /// Grid points along each edge of a block.
    static let pointsPerBlock = 6

    /// The distance at a point, in Å, from any place in space (Cartesian, Å).
    public func distance(at point: SIMD3<Double>) -> Double {
        let home = self.home(of: point)
        var nearest = Double.infinity
        for index in home.spheres { nearest = min(nearest, spheres[index].distance(home.point)) }
        return nearest
    }

    /// The image of a point in the cell, and the spheres that can be nearest to it.
    @inline(__always) func home(of point: SIMD3<Double>) -> (point: SIMD3<Double>, spheres: Range<Int>) {
        let fractional = cell.fractional(point)
        let shift = fractional.rounded(.down)
        let place = (fractional - shift) * SIMD3(Double(blocks.x), Double(blocks.y), Double(blocks.z))
        // A tiny negative number is 1 after the shift, which is the block before.
        let block = SIMD3(
            min(blocks.x - 1, Int(place.x)), min(blocks.y - 1, Int(place.y)), min(blocks.z - 1, Int(place.z)))
        let index = (block.x * blocks.y + block.y) * blocks.z + block.z
        return (point - cell.cartesian(shift), starts[index]..<starts[index + 1])
    }
}
