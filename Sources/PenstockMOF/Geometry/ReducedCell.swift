extension UnitCell {
    /// A cell of the same lattice, in the same place, whose edges are as short and as near to right angles as possible.
    ///
    /// Pairs of edges are shortened by each other until no sum or difference of them is shorter: a greedy reduction in
    /// three dimensions; I. Semaev, "A 3-dimensional lattice reduction algorithm", 2001, DOI 10.1007/3-540-44670-2_13.
    /// Work on grids over a reduced cell does not suffer from a needle-like choice of edges.
    func reduced() -> UnitCell {
        var edges = [a, b, c]
        // Every round shortens an edge by a part in 10^9 at least, and the rounds needed grow with the logarithm of the skewness.
        for _ in 0..<200 {
            edges.sort { dot($0, $0) < dot($1, $1) }
            let (first, second) = (edges[0], edges[1])
            let shorter = second - (dot(first, second) / dot(first, first)).rounded() * first
            if dot(shorter, shorter) < dot(second, second) * (1 - 1e-9) {
                edges[1] = shorter
                continue
            }
            let third = Self.shortest(edges[2], modulo: first, second)
            guard dot(third, third) < dot(edges[2], edges[2]) * (1 - 1e-9) else { break }
            edges[2] = third
        }
        return UnitCell(a: edges[0], b: edges[1], c: edges[2]) ?? self
    }

    /// The shortest vector that differs from `vector` by a sum of multiples of two others, which are reduced.
    private static func shortest(
        _ vector: SIMD3<Double>, modulo first: SIMD3<Double>, _ second: SIMD3<Double>
    ) -> SIMD3<Double> {
        let (aa, ab, bb) = (dot(first, first), dot(first, second), dot(second, second))
        let (av, bv) = (dot(first, vector), dot(second, vector))
        let determinant = aa * bb - ab * ab
        let x = ((bb * av - ab * bv) / determinant).rounded()
        let y = ((aa * bv - ab * av) / determinant).rounded()
        var best = vector
        for i in -1...1 {
            for j in -1...1 {
                let trial = vector - (x + Double(i)) * first - (y + Double(j)) * second
                if dot(trial, trial) < dot(best, best) * (1 - 1e-12) { best = trial }
            }
        }
        return best
    }
}
