/// A place where two basins touch, with a guess of the highest level at which one can go from one to the other.
struct PassCandidate {
    /// The basins, and the cell of the second as seen from the first.
    var first, second: Int
    var offset: LatticeUnionFind.Offset
    /// The distance that both grid points have at least, in Å.
    var level: Float
    /// Two neighbouring grid points of the two basins, and the cell of the second.
    var near, far: Int
    var farCell: SIMD4<Int8>
}

extension Basins {
    /// The best places of all pairs of basins that touch, one for each region of some grid steps.
    func passCandidates(_ grid: DistanceGrid) -> [PassCandidate] {
        var best: [Key: PassCandidate] = [:]
        let counts = grid.counts
        let axes = [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
        for x in 0..<counts.x {
            for y in 0..<counts.y {
                for z in 0..<counts.z {
                    let near = (x * counts.y + y) * counts.z + z
                    let label = labels[near]
                    guard label >= 0 else { continue }
                    for axis in axes {
                        let (far, farCell) = Self.neighbour(SIMD3(x, y, z) &+ axis, counts)
                        guard labels[far] >= 0 else { continue }
                        let image = LatticeUnionFind.Offset(Int32(farCell.x), Int32(farCell.y), Int32(farCell.z))
                        let offset = cell(far) &+ image &- cell(near)
                        guard label != labels[far] || offset != LatticeUnionFind.Offset() else { continue }
                        let level = min(grid.values[near], grid.values[far])
                        let region = (x / 4 * counts.y + y / 4) * counts.z + z / 4
                        let key = Key(first: label, second: labels[far], offset: offset, region: Int32(region))
                        if let known = best[key], known.level >= level { continue }
                        best[key] = PassCandidate(
                            first: Int(label), second: Int(labels[far]), offset: offset, level: level, near: near,
                            far: far, farCell: farCell)
                    }
                }
            }
        }
        // The order of a dictionary differs from run to run.
        return best.values.sorted { ($0.level, $1.near, $1.far) > ($1.level, $0.near, $0.far) }
    }

    private struct Key: Hashable {
        var first, second: Int32
        var offset: LatticeUnionFind.Offset
        var region: Int32
    }
}

/// A way over the ridge between two basins: two places beside its lowest point, from which one climbs to both sides.
struct Pass {
    /// The smallest distance on the way, in Å.
    var height: Double
    /// Where the climbs to both sides end.
    var summits: (SIMD3<Double>, SIMD3<Double>)
}

/// The exact height of the pass between two basins, found on the ridge that joins them.
///
/// A pass is the lowest place of a ridge. In any plane across the ridge its crest is the highest point; the pass is where that is
/// lowest. The result is proven: climbs never descend, so that the two summits are joined at the height of the pass at least.
struct PassFinder {
    let ascent: Ascent
    let grid: DistanceGrid
    let basins: Basins

    /// The two neighbouring grid points of a candidate, in Å.
    private func ends(_ candidate: PassCandidate) -> (near: SIMD3<Double>, far: SIMD3<Double>) {
        (grid.point(candidate.near), grid.point(candidate.far) + shift(candidate))
    }

    private func shift(_ candidate: PassCandidate) -> SIMD3<Double> {
        let cell = candidate.farCell
        return grid.cell.cartesian(SIMD3(Double(cell.x), Double(cell.y), Double(cell.z)))
    }

    /// The smallest distance on the straight way between the grid points of a candidate, in Å.
    func straightWay(_ candidate: PassCandidate) -> Double {
        let (near, far) = ends(candidate)
        return (0...4).map { ascent.field.distance(at: near + Double($0) / 4 * (far - near)) }.min()!
    }

    /// The passes near a candidate.
    ///
    /// The direction of the ridge is guessed from the climbs to both sides; other guesses follow where that finds no two summits.
    func passes(_ candidate: PassCandidate) -> [Pass] {
        let (near, far) = ends(candidate)
        let shift = shift(candidate)
        let direct = far - near
        var passes: [Pass] = []
        for steps in [3, 0, 1] where passes.allSatisfy({ length($0.summits.0 - $0.summits.1) < 1e-3 }) {
            let along =
                basins.place(above: candidate.far, steps: steps, in: grid) + shift
                - basins.place(above: candidate.near, steps: steps, in: grid)
            guard length(along) > 1e-6, dot(along, direct) > 0 else { continue }
            var normal = along / length(along)
            var place = 0.5 * (near + far)
            var step = 0.5 * length(direct)
            if let pass = divide(near, far, normal: normal) { passes.append(pass) }
            for _ in 0..<3 {
                let crest = Crest(ascent: ascent, normal: normal, range: 3 * grid.reach)
                place = crest.lowest(from: place, step: step).point
                passes.append(pass(at: place, normal: normal))
                guard let ridge = ascent.ridge(at: place), abs(dot(ridge, normal)) < 0.999 else { break }
                normal = ridge
                step /= 2
            }
        }
        if passes.allSatisfy({ length($0.summits.0 - $0.summits.1) < 1e-3 }) {
            // The border between the summits is not where the grid has it: look farther up on both sides.
            for (up, other) in [(2, 0), (0, 2), (4, 4), (8, 8)] {
                let left = basins.place(above: candidate.near, steps: up, in: grid)
                let right = basins.place(above: candidate.far, steps: other, in: grid) + shift
                guard length(right - left) > 1e-6 else { continue }
                if let pass = divide(left, right, normal: (right - left) / length(right - left)) {
                    passes.append(pass)
                    break
                }
            }
        }
        return passes
    }

    /// The place on the crest between two points where climbs change the summit that they end at; nil where they do not.
    private func divide(_ near: SIMD3<Double>, _ far: SIMD3<Double>, normal: SIMD3<Double>) -> Pass? {
        let crest = Crest(ascent: ascent, normal: normal, range: 3 * grid.reach)
        var (left, right) = (crest.top(near).point, crest.top(far).point)
        let summits = (ascent.climb(from: left).point, ascent.climb(from: right).point)
        guard length(summits.0 - summits.1) > 1e-3 else { return nil }
        for _ in 0..<9 {
            let middle = crest.top(0.5 * (left + right)).point
            let summit = ascent.climb(from: middle).point
            if length(summit - summits.0) < 1e-3 {
                left = middle
            } else if length(summit - summits.1) < 1e-3 {
                right = middle
            } else {
                break
            }
        }
        let height = [left, 0.5 * (left + right), right].map { ascent.field.distance(at: $0) }.min()!
        return Pass(height: height, summits: summits)
    }

    /// The way over a place of a ridge.
    private func pass(at place: SIMD3<Double>, normal: SIMD3<Double>) -> Pass {
        let (left, right) = (place - 0.03 * normal, place + 0.03 * normal)
        let height = [left, place, right].map { ascent.field.distance(at: $0) }.min()!
        return Pass(height: height, summits: (ascent.climb(from: left).point, ascent.climb(from: right).point))
    }
}

/// The crest of a ridge, as the highest points in planes across it.
private struct Crest {
    let ascent: Ascent
    let normal: SIMD3<Double>
    let range: Double

    /// The highest point near a place in the plane through it.
    func top(_ place: SIMD3<Double>) -> Ascent.Summit {
        ascent.climb(from: place, normal: normal, range: range, steps: 12)
    }

    /// The lowest point of the crest near a start.
    func lowest(from start: SIMD3<Double>, step: Double) -> Ascent.Summit {
        var middle = top(start)
        var (before, after) = (top(middle.point - step * normal), top(middle.point + step * normal))
        // Walk down along the crest until both sides are higher.
        for _ in 0..<6 {
            if before.distance < middle.distance, before.distance <= after.distance {
                (after, middle) = (middle, before)
                before = top(middle.point - step * normal)
            } else if after.distance < middle.distance {
                (before, middle) = (middle, after)
                after = top(middle.point + step * normal)
            } else {
                break
            }
        }
        // Halve the bracket.
        var width = step
        for _ in 0..<7 {
            width /= 2
            let (left, right) = (top(middle.point - width * normal), top(middle.point + width * normal))
            if left.distance < middle.distance, left.distance <= right.distance {
                middle = left
            } else if right.distance < middle.distance {
                middle = right
            }
        }
        return middle
    }
}
