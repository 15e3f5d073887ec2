internal import Glibc

/// The wave vectors of an Ewald sum: half of those within its cutoff, since a vector and its opposite give the same.
///
/// Vectors are kept in rows of equal first and second index; a row holds all third indices in lanes of four, with factors of zero for those
/// beyond the cutoff.
struct ReciprocalLattice: Sendable {
    /// Sums over charges of q exp(i k·r) for all vectors, in the order of the lattice.
    struct Sums: Sendable {
        var real: [SIMD4<Double>]
        var imaginary: [SIMD4<Double>]
    }

    private struct Row {
        let x: Int
        let y: Int
        /// The lanes of the row within the cutoff, as they are numbered in a row.
        let lanes: Range<Int>
        /// Where the row begins in the sums.
        let start: Int
    }

    private let reach: SIMD3<Int>
    private let rows: [Row]
    /// (4π C / V) exp(-k^2/4α^2)/k^2 in K/e^2.
    private let factors: [SIMD4<Double>]
    /// Lanes of four third indices, from -reach on.
    private let lanesPerRow: Int

    init(cell: UnitCell, ewald: Ewald) {
        // No vector within the cutoff has an index beyond length * cutoff / 2π.
        let most = (cell.lengths * ewald.reciprocalCutoff / (2 * .pi) + 1e-9).rounded(.down)
        reach = SIMD3(Int(most.x), Int(most.y), Int(most.z))
        lanesPerRow = (2 * reach.z + 4) / 4
        let (a, b, c) = cell.reciprocal
        let strength = 4 * Double.pi * PhysicalConstants.coulomb / cell.volume
        var rows: [Row] = []
        var factors: [SIMD4<Double>] = []
        for x in 0...reach.x {
            for y in -reach.y...reach.y {
                var row = [SIMD4<Double>](repeating: .zero, count: lanesPerRow)
                for z in -reach.z...reach.z {
                    let isSecondHalf = x == 0 && (y < 0 || (y == 0 && z <= 0))
                    let vector = 2 * .pi * (Double(x) * a + Double(y) * b + Double(z) * c)
                    let square = dot(vector, vector)
                    guard !isSecondHalf, square <= ewald.reciprocalCutoff * ewald.reciprocalCutoff else { continue }
                    row[(z + reach.z) / 4][(z + reach.z) % 4] =
                        strength * exp(-square / (4 * ewald.alpha * ewald.alpha)) / square
                }
                guard let first = row.firstIndex(where: { $0 != .zero }),
                    let last = row.lastIndex(where: { $0 != .zero })
                else { continue }
                rows.append(Row(x: x, y: y, lanes: first..<last + 1, start: factors.count))
                factors += row[first...last]
            }
        }
        (self.rows, self.factors) = (rows, factors)
    }

    /// Sums of no charges.
    func zeroSums() -> Sums {
        let zeros = [SIMD4<Double>](repeating: .zero, count: factors.count)
        return Sums(real: zeros, imaginary: zeros)
    }

    /// Adds a charge at fractional coordinates.
    func add(_ charge: Double, at fractional: SIMD3<Double>, to sums: inout Sums) {
        withPhases(fractional) { x, y, zReal, zImaginary in
            sums.real.withUnsafeMutableBufferPointer { real in
                sums.imaginary.withUnsafeMutableBufferPointer { imaginary in
                    for row in rows {
                        let (one, other) = (x[row.x], y[row.y + reach.y])
                        let cosine = charge * (one.x * other.x - one.y * other.y)
                        let sine = charge * (one.x * other.y + one.y * other.x)
                        var place = row.start
                        for lane in row.lanes {
                            real[place] += cosine * zReal[lane] - sine * zImaginary[lane]
                            imaginary[place] += cosine * zImaginary[lane] + sine * zReal[lane]
                            place += 1
                        }
                    }
                }
            }
        }
    }

    /// The energy of charges with themselves and all their images in K, before the self energy.
    func energy(of sums: Sums) -> Double {
        var energy = SIMD4<Double>.zero
        for (index, factor) in factors.enumerated() {
            let (real, imaginary) = (sums.real[index], sums.imaginary[index])
            energy += factor * (real * real + imaginary * imaginary)
        }
        return energy.sum()
    }

    /// By how much the energy grows when `change` is added to the charges of `sums`.
    func energyChange(of sums: Sums, adding change: Sums) -> Double {
        var energy = SIMD4<Double>.zero
        sums.real.withUnsafeBufferPointer { real in
            sums.imaginary.withUnsafeBufferPointer { imaginary in
                change.real.withUnsafeBufferPointer { realChange in
                    change.imaginary.withUnsafeBufferPointer { imaginaryChange in
                        factors.withUnsafeBufferPointer { factors in
                            for index in 0..<factors.count {
                                let one = realChange[index] * (2 * real[index] + realChange[index])
                                let other = imaginaryChange[index] * (2 * imaginary[index] + imaginaryChange[index])
                                energy += factors[index] * (one + other)
                            }
                        }
                    }
                }
            }
        }
        return energy.sum()
    }

    /// What `potential(of:at:)` needs of the charges: their sums times the factors.
    func weighted(_ sums: Sums) -> Sums {
        Sums(
            real: zip(sums.real, factors).map { 2 * $0 * $1 },
            imaginary: zip(sums.imaginary, factors).map { 2 * $0 * $1 })
    }

    /// The potential of charges at fractional coordinates, in K/e.
    func potential(of weighted: Sums, at fractional: SIMD3<Double>) -> Double {
        withPhases(fractional) { x, y, zReal, zImaginary in
            weighted.real.withUnsafeBufferPointer { real in
                weighted.imaginary.withUnsafeBufferPointer { imaginary in
                    var potential = 0.0
                    for row in rows {
                        var cosines = SIMD4<Double>.zero
                        var sines = SIMD4<Double>.zero
                        var place = row.start
                        for lane in row.lanes {
                            cosines += real[place] * zReal[lane] + imaginary[place] * zImaginary[lane]
                            sines += real[place] * zImaginary[lane] - imaginary[place] * zReal[lane]
                            place += 1
                        }
                        let (one, other) = (x[row.x], y[row.y + reach.y])
                        potential += (one.x * other.x - one.y * other.y) * cosines.sum()
                        potential -= (one.x * other.y + one.y * other.x) * sines.sum()
                    }
                    return potential
                }
            }
        }
    }

    /// The potential of charges at the points of a grid over the cell, in K/e: the same as at one point after the other, but summed along one
    /// axis after the other, so that the number of vectors hardly counts. The last index runs fastest.
    func potentials(of weighted: Sums, on counts: SIMD3<Int>) -> [Double] {
        let (xRoots, yRoots, zRoots) = (Self.roots(counts.x), Self.roots(counts.y), Self.roots(counts.z))
        var potentials = [Double](repeating: 0, count: counts.x * counts.y * counts.z)
        var rowSums = [SIMD2<Double>](repeating: .zero, count: rows.count)
        var planes = [SIMD2<Double>](repeating: .zero, count: reach.x + 1)
        var line = [Double](repeating: 0, count: counts.x)
        for z in 0..<counts.z {
            let phases = (0..<4 * lanesPerRow).map { zRoots[floorDivide(($0 - reach.z) * z, counts.z).remainder] }
            for (index, row) in rows.enumerated() {
                var sum = SIMD2<Double>.zero
                for (place, lane) in row.lanes.enumerated() {
                    let (real, imaginary) = (weighted.real[row.start + place], weighted.imaginary[row.start + place])
                    for third in 0..<4 {
                        sum += Self.product(SIMD2(real[third], -imaginary[third]), phases[4 * lane + third])
                    }
                }
                rowSums[index] = sum
            }
            for y in 0..<counts.y {
                for plane in planes.indices { planes[plane] = .zero }
                for (index, row) in rows.enumerated() {
                    planes[row.x] += Self.product(rowSums[index], yRoots[floorDivide(row.y * y, counts.y).remainder])
                }
                for x in line.indices { line[x] = 0 }
                for (plane, sum) in planes.enumerated() {
                    let step = plane % counts.x
                    var root = 0
                    for x in line.indices {
                        line[x] += sum.x * xRoots[root].x - sum.y * xRoots[root].y
                        root += step
                        if root >= counts.x { root -= counts.x }
                    }
                }
                for x in line.indices { potentials[(x * counts.y + y) * counts.z + z] = line[x] }
            }
        }
        return potentials
    }

    /// exp(2πi n/count) for n from 0 to below `count`.
    private static func roots(_ count: Int) -> [SIMD2<Double>] {
        (0..<count).map { phase(Double($0) / Double(count)) }
    }

    /// Runs `body` with exp(2πi n f) for all indices n along each axis: from 0 for the first, from -reach for the others, those of the third
    /// as lanes of four with real and imaginary parts apart.
    private func withPhases<Result>(
        _ fractional: SIMD3<Double>,
        _ body: (
            UnsafeMutableBufferPointer<SIMD2<Double>>, UnsafeMutableBufferPointer<SIMD2<Double>>,
            UnsafeMutableBufferPointer<SIMD4<Double>>, UnsafeMutableBufferPointer<SIMD4<Double>>
        ) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: SIMD2<Double>.self, capacity: reach.x + 1) { x in
            withUnsafeTemporaryAllocation(of: SIMD2<Double>.self, capacity: 2 * reach.y + 1) { y in
                withUnsafeTemporaryAllocation(of: SIMD4<Double>.self, capacity: lanesPerRow) { zReal in
                    withUnsafeTemporaryAllocation(of: SIMD4<Double>.self, capacity: lanesPerRow) { zImaginary in
                        Self.fill(x, from: 0, fractional.x)
                        Self.fill(y, from: -reach.y, fractional.y)
                        let turn = Self.phase(fractional.z)
                        var phase = Self.phase(-Double(reach.z) * fractional.z)
                        for lane in 0..<lanesPerRow {
                            var (real, imaginary) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
                            for place in 0..<4 {
                                (real[place], imaginary[place]) = (phase.x, phase.y)
                                phase = Self.product(phase, turn)
                            }
                            zReal[lane] = real
                            zImaginary[lane] = imaginary
                        }
                        return body(x, y, zReal, zImaginary)
                    }
                }
            }
        }
    }

    private static func fill(_ phases: UnsafeMutableBufferPointer<SIMD2<Double>>, from first: Int, _ place: Double) {
        let turn = phase(place)
        var current = phase(Double(first) * place)
        for index in 0..<phases.count {
            phases[index] = current
            current = product(current, turn)
        }
    }

    private static func phase(_ turns: Double) -> SIMD2<Double> { SIMD2(cos(2 * .pi * turns), sin(2 * .pi * turns)) }

    @inline(__always) private static func product(_ one: SIMD2<Double>, _ other: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(one.x * other.x - one.y * other.y, one.x * other.y + one.y * other.x)
    }
}
