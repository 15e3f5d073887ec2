/// Points of a periodic space in boxes: finds all that are close to each other, images included, in time linear in their number.
///
/// Right for cells of any shape and any size, also where a point is close to images of itself: images are listed, none is assumed to be the
/// nearest. The method of boxes is that of M. P. Allen, D. J. Tildesley, Computer Simulation of Liquids, 2nd edition (2017), section 5.3,
/// DOI 10.1093/oso/9780198803195.001.0001.
struct CellList {
    /// How many boxes there are at most.
    static let boxesMax = 1 << 18

    private let cell: UnitCell
    private let cutoff: Double
    /// Boxes along each edge, and how many of them on each side can hold neighbours.
    private let counts, reach: SIMD3<Int>
    /// Where the points of each box begin in `members`.
    private var starts: [Int32]
    /// The points in Cartesian coordinates, box by box, and their places in the list that was given.
    private var members: [(point: SIMD3<Double>, place: Int32)]

    /// - Parameters:
    ///   - positions: Fractional coordinates from 0 to below 1.
    ///   - cutoff: The largest distance that will be asked for, in Å, above zero.
    init(_ positions: [SIMD3<Double>], in cell: UnitCell, cutoff: Double) {
        self.cell = cell
        self.cutoff = cutoff
        let widths = cell.widths
        var edge = max(cutoff * (1 + 1e-9), 1.5)
        func count(_ width: Double) -> Int { max(1, Int(min(4096, width / edge))) }
        while count(widths.x) * count(widths.y) * count(widths.z) > Self.boxesMax { edge *= 1.26 }
        counts = SIMD3(count(widths.x), count(widths.y), count(widths.z))
        let sides = widths / SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        let boxes = (SIMD3(repeating: cutoff * (1 + 1e-9)) / sides).rounded(.up)
        reach = SIMD3(Int(boxes.x), Int(boxes.y), Int(boxes.z))

        let places = positions.map { [counts] position in
            let box = position * SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
            let x = min(counts.x - 1, Int(box.x))
            let y = min(counts.y - 1, Int(box.y))
            let z = min(counts.z - 1, Int(box.z))
            return (x * counts.y + y) * counts.z + z
        }
        starts = [Int32](repeating: 0, count: counts.x * counts.y * counts.z + 1)
        for box in places { starts[box + 1] += 1 }
        for box in 1..<starts.count { starts[box] += starts[box - 1] }
        members = [(point: SIMD3<Double>, place: Int32)](repeating: (.zero, 0), count: positions.count)
        var next = starts
        for (place, box) in places.enumerated() {
            members[Int(next[box])] = (cell.cartesian(positions[place]), Int32(place))
            next[box] += 1
        }
    }

    /// Calls `body` for all pairs within the cutoff: each pair twice, once from either side, and a point with its own images, but not with
    /// itself. The image of the second point is `offset` cells away; `vector` leads to it. Ends early where `body` returns false.
    @inline(__always) func forEachPair(
        _ body: (_ first: Int, _ second: Int, _ offset: SIMD3<Int32>, _ vector: SIMD3<Double>, _ square: Double) -> Bool
    ) {
        let limit = cutoff * cutoff
        for x in 0..<counts.x {
            for y in 0..<counts.y {
                for z in 0..<counts.z {
                    let box = (x * counts.y + y) * counts.z + z
                    let own = Int(starts[box])..<Int(starts[box + 1])
                    if own.isEmpty { continue }
                    for otherX in x - reach.x...x + reach.x {
                        let (wrappedX, offsetX) = wrapped(otherX, counts.x)
                        for otherY in y - reach.y...y + reach.y {
                            let (wrappedY, offsetY) = wrapped(otherY, counts.y)
                            for otherZ in z - reach.z...z + reach.z {
                                let (wrappedZ, offsetZ) = wrapped(otherZ, counts.z)
                                let other = (wrappedX * counts.y + wrappedY) * counts.z + wrappedZ
                                let offset = SIMD3<Int32>(offsetX, offsetY, offsetZ)
                                let shift = cell.cartesian(SIMD3<Double>(offset))
                                let isHome = offset == .zero && other == box
                                for second in Int(starts[other])..<Int(starts[other + 1]) {
                                    let point = members[second].point + shift
                                    for first in own {
                                        let vector = point - members[first].point
                                        let square = dot(vector, vector)
                                        if square > limit || (isHome && first == second) { continue }
                                        let goesOn = body(
                                            Int(members[first].place), Int(members[second].place), offset, vector,
                                            square)
                                        if !goesOn { return }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The box of the cell that a box outside of it repeats, and how many cells away that is.
    @inline(__always) private func wrapped(_ box: Int, _ count: Int) -> (Int, Int32) {
        var cells = box / count
        if box < cells * count { cells -= 1 }
        return (box - cells * count, Int32(truncatingIfNeeded: cells))
    }
}
