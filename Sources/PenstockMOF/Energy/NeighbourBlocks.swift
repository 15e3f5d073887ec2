/// A crystal's cell in small blocks, each with the list of the atoms and images within reach of any of its points.
///
/// The energy at a point is a plain loop over the list of its block. Lists hold four atoms in a lane, those of one kind after another.
struct NeighbourBlocks: Sendable {
    /// How many blocks there are along each edge.
    private let counts: SIMD3<Int>
    /// Where the lanes of a kind begin, for block after block and in each kind after kind.
    let starts: [Int]
    /// Four vectors for a lane: x, y, z and the charges.
    let lanes: [SIMD4<Double>]
    let kindCount: Int

    /// - Parameters:
    ///   - kinds: The kind of each atom, from 0 to below `kindCount`.
    ///   - reach: How far from a point an atom may be, in Å.
    init(_ crystal: Crystal, kinds: [Int], kindCount: Int, reach: Double) {
        let cell = crystal.cell
        counts = Self.counts(crystal, reach: reach)
        self.kindCount = kindCount
        let steps = SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        let (a, b, c) = (cell.a / steps.x, cell.b / steps.y, cell.c / steps.z)
        // From the middle of a block to its farthest corner.
        let half = [a + b + c, a + b - c, a - b + c, a - b - c].map(length).max()! / 2
        let images = ImageAtoms(crystal, reach: reach).atoms
        // In order of kinds, so that a block's list comes out in their order.
        let order = images.indices.sorted { (kinds[images[$0].index], $0) < (kinds[images[$1].index], $1) }
        let sorted = order.map { images[$0] }
        var starts: [Int] = []
        var lanes: [SIMD4<Double>] = []
        let limit = (reach + half) * (reach + half)
        for x in 0..<counts.x {
            for y in 0..<counts.y {
                for z in 0..<counts.z {
                    let middle = cell.cartesian((SIMD3(Double(x), Double(y), Double(z)) + 0.5) / steps)
                    var next = 0
                    for kind in 0..<kindCount {
                        starts.append(lanes.count / 4)
                        var filled = 0
                        while next < sorted.count, kinds[sorted[next].index] == kind {
                            let image = sorted[next]
                            next += 1
                            let apart = image.position - middle
                            guard dot(apart, apart) <= limit else { continue }
                            if filled % 4 == 0 { lanes += Self.emptyLane }
                            let lane = lanes.count - 4
                            lanes[lane][filled % 4] = image.position.x
                            lanes[lane + 1][filled % 4] = image.position.y
                            lanes[lane + 2][filled % 4] = image.position.z
                            lanes[lane + 3][filled % 4] = crystal.atoms[image.index].charge ?? 0
                            filled += 1
                        }
                    }
                }
            }
        }
        starts.append(lanes.count / 4)
        (self.starts, self.lanes) = (starts, lanes)
    }

    /// The block of fractional coordinates from 0 to below 1.
    @inline(__always) func block(at fractional: SIMD3<Double>) -> Int {
        let x = min(Int(fractional.x * Double(counts.x)), counts.x - 1)
        let y = min(Int(fractional.y * Double(counts.y)), counts.y - 1)
        let z = min(Int(fractional.z * Double(counts.z)), counts.z - 1)
        return (x * counts.y + y) * counts.z + z
    }

    /// Blocks about 3 Å wide, wider in large cells so that the lists stay below some 50 MB.
    private static func counts(_ crystal: Crystal, reach: Double) -> SIMD3<Int> {
        let density = Double(crystal.atoms.count) / crystal.cell.volume
        var edge = 3.0
        while true {
            let counts = (crystal.cell.widths / edge).rounded(.up)
            let radius = reach + 0.87 * edge
            let entries = counts.x * counts.y * counts.z * density * 4.19 * radius * radius * radius
            if entries < 1.5e6 || edge > 12 { return SIMD3(Int(counts.x), Int(counts.y), Int(counts.z)) }
            edge *= 1.2
        }
    }

    /// Four atoms that are nowhere near.
    private static let emptyLane: [SIMD4<Double>] = [
        SIMD4(repeating: 1e9), SIMD4(repeating: 1e9), SIMD4(repeating: 1e9), .zero,
    ]
}
