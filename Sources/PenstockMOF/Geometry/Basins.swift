/// The basins of a distance grid: the points from which the steepest climb ends at the same highest point.
///
/// Basins are the pores of the crystal, some of them in several parts; where two of them touch there can be a window.
struct Basins: Sendable {
    /// The grid point of highest distance of each basin.
    private(set) var peaks: [Int] = []
    /// The basin of each grid point; -1 for points deep inside atoms.
    let labels: [Int32]
    /// The cell of the peak's image to which each grid point climbs.
    private let cells: [SIMD4<Int8>]
    /// The next point of the steepest climb, itself for a peak, -1 for points without a basin; and the cell that it lies in.
    private let next: [Int32]
    private let nextCells: [SIMD4<Int8>]

    /// The basins of all points with at least `lowest` Å.
    init(_ grid: DistanceGrid, lowest: Float) {
        let (next, nextCells) = Self.steepest(grid, lowest: lowest)
        var labels = [Int32](repeating: -1, count: grid.count)
        var cells = [SIMD4<Int8>](repeating: SIMD4(), count: grid.count)
        var path: [Int] = []
        for start in 0..<grid.count where next[start] >= 0 && labels[start] < 0 {
            path.removeAll(keepingCapacity: true)
            var at = start
            while labels[at] < 0, Int(next[at]) != at {
                path.append(at)
                at = Int(next[at])
            }
            if labels[at] < 0 {
                labels[at] = Int32(peaks.count)
                peaks.append(at)
            }
            for point in path.reversed() {
                labels[point] = labels[at]
                cells[point] = cells[at] &+ nextCells[point]
                at = point
            }
        }
        self.labels = labels
        self.cells = cells
        self.next = next
        self.nextCells = nextCells
    }

    /// The cell of the peak's image to which a grid point climbs.
    func cell(_ point: Int) -> LatticeUnionFind.Offset {
        let cell = cells[point]
        return LatticeUnionFind.Offset(Int32(cell.x), Int32(cell.y), Int32(cell.z))
    }

    /// Where a climb of `steps` points from a grid point ends, in Å and in the cell of its end.
    func place(above point: Int, steps: Int, in grid: DistanceGrid) -> SIMD3<Double> {
        var (at, cell) = (point, SIMD4<Int8>())
        for _ in 0..<steps {
            cell &+= nextCells[at]
            at = Int(next[at])
        }
        return grid.point(at) + grid.cell.cartesian(SIMD3(Double(cell.x), Double(cell.y), Double(cell.z)))
    }

    /// The basin of the highest grid point of those around a place, and the cell of its peak's image; nil deep inside atoms.
    func basin(
        around place: SIMD3<Double>, in grid: DistanceGrid
    ) -> (basin: Int, cell: LatticeUnionFind.Offset)? {
        guard let corner = grid.highestCorner(around: place), labels[corner.index] >= 0 else { return nil }
        return (Int(labels[corner.index]), cell(corner.index) &+ corner.cell)
    }

    /// The neighbour of each point to which the distance grows fastest.
    private static func steepest(_ grid: DistanceGrid, lowest: Float) -> ([Int32], [SIMD4<Int8>]) {
        let counts = grid.counts
        var next = [Int32](repeating: -1, count: grid.count)
        var cells = [SIMD4<Int8>](repeating: SIMD4(), count: grid.count)
        let moves = moves(grid)
        grid.values.withUnsafeBufferPointer { values in
            for x in 0..<counts.x {
                for y in 0..<counts.y {
                    for z in 0..<counts.z {
                        let here = (x * counts.y + y) * counts.z + z
                        let value = values[here]
                        guard value >= lowest else { continue }
                        var (best, steepest, cell) = (here, Float(0), SIMD4<Int8>())
                        if x > 0, y > 0, z > 0, x < counts.x - 1, y < counts.y - 1, z < counts.z - 1 {
                            for move in moves {
                                let slope = (values[here + move.stride] - value) * move.inverseLength
                                if slope > steepest { (best, steepest) = (here + move.stride, slope) }
                            }
                        } else {
                            for move in moves {
                                let (there, image) = neighbour(SIMD3(x, y, z) &+ move.steps, counts)
                                let slope = (values[there] - value) * move.inverseLength
                                if slope > steepest { (best, steepest, cell) = (there, slope, image) }
                            }
                        }
                        next[here] = Int32(best)
                        cells[here] = cell
                    }
                }
            }
        }
        return (next, cells)
    }

    private struct Move {
        var steps: SIMD3<Int>
        var stride: Int
        var inverseLength: Float
    }

    /// The moves to the 26 neighbours of a point.
    private static func moves(_ grid: DistanceGrid) -> [Move] {
        var moves: [Move] = []
        for x in -1...1 {
            for y in -1...1 {
                for z in -1...1 where (x, y, z) != (0, 0, 0) {
                    let vector =
                        Double(x) * grid.steps.0 + Double(y) * grid.steps.1 + Double(z) * grid.steps.2
                    moves.append(
                        Move(
                            steps: SIMD3(x, y, z), stride: (x * grid.counts.y + y) * grid.counts.z + z,
                            inverseLength: Float(1 / length(vector))))
                }
            }
        }
        return moves
    }

    /// The grid point at some steps from the origin, and the cell that it is in.
    static func neighbour(_ place: SIMD3<Int>, _ counts: SIMD3<Int>) -> (index: Int, cell: SIMD4<Int8>) {
        let (x, y, z) = (floorDivide(place.x, counts.x), floorDivide(place.y, counts.y), floorDivide(place.z, counts.z))
        return (
            (x.remainder * counts.y + y.remainder) * counts.z + z.remainder,
            SIMD4(Int8(x.quotient), Int8(y.quotient), Int8(z.quotient), 0)
        )
    }
}
