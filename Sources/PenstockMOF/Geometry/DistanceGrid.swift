/// The distance field at the points of a grid over the cell, in Å as `Float`; the index of z runs fastest.
struct DistanceGrid: Sendable {
    let cell: UnitCell
    /// The number of points along each edge.
    let counts: SIMD3<Int>
    let values: [Float]

    /// The Cartesian steps between neighbours along each edge, in Å.
    let steps: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)

    var count: Int { values.count }

    /// The volume of the crystal that belongs to one point, in Å^3.
    var volumePerPoint: Double { cell.volume / Double(values.count) }

    /// The field at `DistanceField.pointsPerBlock` points along each edge of each of its blocks.
    init(_ field: DistanceField) {
        cell = field.cell
        let side = DistanceField.pointsPerBlock
        let counts = field.blocks &* SIMD3(repeating: side)
        self.counts = counts
        let steps = (cell.a / Double(counts.x), cell.b / Double(counts.y), cell.c / Double(counts.z))
        self.steps = steps
        let points = BlockPoints(steps: steps, side: side)
        values = [Float](unsafeUninitializedCapacity: counts.x * counts.y * counts.z) { values, count in
            for x in 0..<field.blocks.x {
                for y in 0..<field.blocks.y {
                    for z in 0..<field.blocks.z {
                        let corner = SIMD3(x, y, z) &* SIMD3(repeating: side)
                        let index = (x * field.blocks.y + y) * field.blocks.z + z
                        let origin =
                            Double(corner.x) * steps.0 + Double(corner.y) * steps.1 + Double(corner.z) * steps.2
                        let spheres = field.spheres[field.starts[index]..<field.starts[index + 1]]
                        points.fill(values, counts: counts, corner: corner, origin: origin, spheres: spheres)
                    }
                }
            }
            count = values.count
        }
    }

    /// Where a point of the grid is, in Å.
    func point(_ index: Int) -> SIMD3<Double> {
        let z = index % counts.z
        let y = index / counts.z % counts.y
        let x = index / (counts.z * counts.y)
        return Double(x) * steps.0 + Double(y) * steps.1 + Double(z) * steps.2
    }

    /// The highest of the eight grid points around a place, and the cell that it is in.
    func highestCorner(around place: SIMD3<Double>) -> (index: Int, cell: LatticeUnionFind.Offset)? {
        let scaled = cell.fractional(place) * SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        let first = SIMD3<Int>(scaled.rounded(.down))
        var best: (index: Int, cell: LatticeUnionFind.Offset)?
        for x in 0...1 {
            for y in 0...1 {
                for z in 0...1 {
                    let (index, image) = Basins.neighbour(first &+ SIMD3(x, y, z), counts)
                    if let best, values[best.index] >= values[index] { continue }
                    best = (index, LatticeUnionFind.Offset(Int32(image.x), Int32(image.y), Int32(image.z)))
                }
            }
        }
        return best
    }

    /// Half of the longest diagonal of the small cell between eight neighbouring points, in Å.
    var reach: Double {
        let (a, b, c) = steps
        return 0.5 * max(max(length(a + b + c), length(a + b - c)), max(length(a - b + c), length(b + c - a)))
    }
}

/// The points of the grid in one block, relative to its first; in groups that are computed at once.
private struct BlockPoints {
    private typealias Lanes = SIMD8<Float>
    private let side: Int
    private var x: [Lanes] = []
    private var y: [Lanes] = []
    private var z: [Lanes] = []

    init(steps: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>), side: Int) {
        self.side = side
        let count = side * side * side
        for first in stride(from: 0, to: count, by: Lanes.scalarCount) {
            var (xs, ys, zs) = (Lanes(), Lanes(), Lanes())
            for lane in 0..<Lanes.scalarCount {
                let index = min(first + lane, count - 1)
                let (i, j, k) = (index / (side * side), index / side % side, index % side)
                let point = Double(i) * steps.0 + Double(j) * steps.1 + Double(k) * steps.2
                (xs[lane], ys[lane], zs[lane]) = (Float(point.x), Float(point.y), Float(point.z))
            }
            x.append(xs)
            y.append(ys)
            z.append(zs)
        }
    }

    /// Computes the distances of all points of one block, and puts them where they belong.
    ///
    /// Spheres come by falling radius: a square root is taken once for each radius, not for each sphere.
    func fill(
        _ values: UnsafeMutableBufferPointer<Float>, counts: SIMD3<Int>, corner: SIMD3<Int>, origin: SIMD3<Double>,
        spheres: ArraySlice<DistanceField.Sphere>
    ) {
        // Relative to the block coordinates are small, and single precision is enough.
        let centres = spheres.map { SIMD3<Float>($0.centre - origin) }
        var runs: [(end: Int, radius: Float)] = []
        for (index, sphere) in spheres.enumerated() {
            if let last = runs.last, last.radius == Float(sphere.radius) {
                runs[runs.count - 1].end = index + 1
            } else {
                runs.append((index + 1, Float(sphere.radius)))
            }
        }
        for group in x.indices {
            let (xs, ys, zs) = (x[group], y[group], z[group])
            var nearest = Lanes(repeating: .infinity)
            var index = 0
            for run in runs {
                var square = Lanes(repeating: .infinity)
                while index < run.end {
                    let centre = centres[index]
                    let (dx, dy, dz) = (xs - centre.x, ys - centre.y, zs - centre.z)
                    let trial = dx * dx + dy * dy + dz * dz
                    square.replace(with: trial, where: trial .< square)
                    index += 1
                }
                let distance = square.squareRoot() - run.radius
                nearest.replace(with: distance, where: distance .< nearest)
            }
            let first = group * Lanes.scalarCount
            for lane in 0..<min(Lanes.scalarCount, side * side * side - first) {
                let index = first + lane
                let (i, j, k) = (
                    corner.x + index / (side * side), corner.y + index / side % side, corner.z + index % side
                )
                values[(i * counts.y + j) * counts.z + k] = nearest[lane]
            }
        }
    }
}
