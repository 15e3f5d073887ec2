/// Parts of a framework's cell that no guest comes to from outside, as a grid over the cell.
///
/// Monte Carlo moves jump over walls and would fill pockets that the real gas never reaches.
public struct BlockedRegions: Sendable, Hashable {
    /// Voxels along each edge of the cell, each above zero.
    public let counts: SIMD3<Int>
    /// Whether each voxel is blocked: the last coordinate runs fastest, and the first voxel begins at the cell's origin.
    public let isBlocked: [Bool]

    /// A mask made elsewhere.
    /// - Precondition: There is a value for each voxel.
    public init(counts: SIMD3<Int>, isBlocked: [Bool]) {
        precondition(counts.min() > 0 && isBlocked.count == counts.x * counts.y * counts.z, "a value for each voxel")
        (self.counts, self.isBlocked) = (counts, isBlocked)
    }

    /// Whether a place in fractional coordinates, in any cell, is blocked.
    public func contains(_ fractional: SIMD3<Double>) -> Bool {
        let inside = Atom.wrapped(fractional)
        let place = inside * SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        let x = min(Int(place.x), counts.x - 1)
        let y = min(Int(place.y), counts.y - 1)
        let z = min(Int(place.z), counts.z - 1)
        return isBlocked[(x * counts.y + y) * counts.z + z]
    }
}
