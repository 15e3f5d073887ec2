import Testing

@testable import PenstockMOF

@Suite struct CellListTests {
    /// A pair of points, and in which cell the second is.
    private struct Pair: Hashable {
        let first, second: Int
        let offset: SIMD3<Int32>
    }

    private func pairs(_ positions: [SIMD3<Double>], _ cell: UnitCell, _ cutoff: Double) -> [Pair] {
        var pairs: [Pair] = []
        CellList(positions, in: cell, cutoff: cutoff).forEachPair { first, second, offset, vector, square in
            #expect(abs(dot(vector, vector) - square) < 1e-12)
            pairs.append(Pair(first: first, second: second, offset: offset))
            return true
        }
        return pairs
    }

    @Test("a simple cubic lattice has the neighbours of number theory", arguments: [1.0, 0.35, 3, 17.5])
    func cubic(edge: Double) throws {
        let cell = try #require(UnitCell(a: SIMD3(edge, 0, 0), b: SIMD3(0, edge, 0), c: SIMD3(0, 0, edge)))
        // Ways to write 1, 2 … 9 as a sum of three squares: OEIS A005875.
        let counts = [6, 12, 8, 6, 24, 24, 0, 12, 30]
        for shells in 1...9 {
            let cutoff = (Double(shells) + 0.5).squareRoot() * edge
            #expect(pairs([SIMD3(0.3, 0.9, 0)], cell, cutoff).count == counts.prefix(shells).reduce(0, +))
        }
    }

    @Test("all pairs are found in cells of any shape, as by trying all images", arguments: 0..<40 as Range<UInt64>)
    func anyCell(seed: UInt64) throws {
        var state = seed &+ 99
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
        func vector(_ size: Double) -> SIMD3<Double> { SIMD3(random() - 0.5, random() - 0.5, random() - 0.5) * size }
        // From cells smaller than the cutoff to ones of several boxes; flat and sheared ones among them.
        let size = [2.0, 6, 15, 30][Int(seed % 4)]
        guard let cell = UnitCell(a: vector(size), b: vector(size), c: vector(size)), cell.widths.min() > 0.4 else {
            return
        }
        let positions = (0..<12).map { _ in Atom.wrapped(SIMD3(random(), random(), random())) }
        let cutoff = 0.5 + 2.5 * random()
        var expected: Set<Pair> = []
        let reach = (SIMD3(repeating: cutoff) / cell.widths).rounded(.up) + 1
        for first in positions.indices {
            for second in positions.indices {
                for x in Int32(-reach.x)...Int32(reach.x) {
                    for y in Int32(-reach.y)...Int32(reach.y) {
                        for z in Int32(-reach.z)...Int32(reach.z) {
                            let offset = SIMD3(x, y, z)
                            if first == second, offset == .zero { continue }
                            let apart = positions[second] + SIMD3<Double>(offset) - positions[first]
                            if length(cell.cartesian(apart)) <= cutoff {
                                expected.insert(Pair(first: first, second: second, offset: offset))
                            }
                        }
                    }
                }
            }
        }
        let found = pairs(positions, cell, cutoff)
        #expect(found.count == expected.count && Set(found) == expected, "seed \(seed)")
    }

    @Test("a search ends early where it is told to")
    func early() throws {
        let cell = try #require(UnitCell(a: SIMD3(1, 0, 0), b: SIMD3(0, 1, 0), c: SIMD3(0, 0, 1)))
        var count = 0
        CellList([.zero], in: cell, cutoff: 5).forEachPair { _, _, _, _, _ in
            count += 1
            return count < 7
        }
        #expect(count == 7)
    }
}
