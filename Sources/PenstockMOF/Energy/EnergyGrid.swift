internal import Glibc

/// The energy of guest sites on a grid over one cell of a framework, and between its points by interpolation.
///
/// The energy itself is too steep to interpolate. The sums behind it are powers of what is nearly a distance, which is smooth: the grid holds
/// R^(-1/12) and A^(-1/6) of U = R - A, the repulsive and the attractive sum of each Lennard-Jones kind, and the electrostatic potential as it
/// is. `rootMeanSquareError` states the error.
public struct EnergyGrid: Sendable {
    /// How values between grid points are made.
    public enum Interpolation: String, Sendable, Hashable {
        /// From the 8 points around.
        case trilinear
        /// By polynomials of third degree through the 64 points around.
        case tricubic
    }

    /// Whose energies these are.
    public let host: HostPotential
    /// How values between grid points are made.
    public let interpolation: Interpolation
    /// Grid points along each edge of the cell.
    public let counts: SIMD3<Int>
    /// For each kind, for each point: R^(-1/12) and A^(-1/6).
    private let kinds: [[SIMD2<Float>]]
    /// The potential in K/e; empty without charges.
    private let potential: [Float]

    /// Computes the grid: time grows with the number of points.
    /// - Parameter spacing: The largest distance between points along an edge, in Å.
    public init(_ host: HostPotential, spacing: Double, interpolation: Interpolation = .tricubic) {
        precondition(spacing > 0, "the points of a grid are apart")
        let cell = host.crystal.cell
        let points = (cell.lengths / spacing - 1e-9).rounded(.up)
        // Four points along each edge, so that no point is used twice by one polynomial.
        counts = SIMD3(max(4, Int(points.x)), max(4, Int(points.y)), max(4, Int(points.z)))
        (self.host, self.interpolation) = (host, interpolation)
        let total = counts.x * counts.y * counts.z
        var kinds = [[SIMD2<Float>]](
            repeating: [SIMD2<Float>](repeating: .zero, count: total), count: host.guestKinds.count)
        var potential = [Float](repeating: 0, count: host.ewald == nil ? 0 : total)
        let reciprocal = host.reciprocalPotentials(on: counts)
        var sums = [(repulsion: Double, attraction: Double)](repeating: (0, 0), count: kinds.count)
        for point in 0..<total {
            let place = cell.cartesian(Self.fractional(point, counts))
            host.powerSums(at: place, into: &sums)
            for kind in sums.indices {
                kinds[kind][point] = SIMD2(
                    Float(Self.root(sums[kind].repulsion, 1 / 12.0)), Float(Self.root(sums[kind].attraction, 1 / 6.0)))
            }
            if host.ewald != nil { potential[point] = Float(host.realPotential(at: place) + reciprocal[point]) }
        }
        (self.kinds, self.potential) = (kinds, potential)
    }

    /// Fractional coordinates of a point of a grid.
    static func fractional(_ point: Int, _ counts: SIMD3<Int>) -> SIMD3<Double> {
        let (z, rest) = (point % counts.z, point / counts.z)
        return SIMD3(
            Double(rest / counts.y) / Double(counts.x), Double(rest % counts.y) / Double(counts.y),
            Double(z) / Double(counts.z))
    }

    /// The energy in K of a guest whose sites are at `places`, in Å; infinite where it overlaps with the framework.
    public func energy(of guest: Int, at places: [SIMD3<Double>]) -> Double {
        var energy = 0.0
        for (site, kind) in host.kinds[guest].enumerated() {
            let charge = host.ewald == nil ? 0 : host.guests[guest].sites[site].charge
            if kind == nil && charge == 0 { continue }
            let around = surroundings(of: places[site])
            if let kind {
                let roots = sum(kinds[kind], around)
                let one = Self.lennardJones(roots) + host.tail(kind)
                guard one < HostPotential.overlapKelvin else { return .infinity }
                energy += one
            }
            if charge != 0 { energy += charge * Double(sum(potential, around)) }
        }
        return energy
    }

    /// How far the energies of guests at random places are from the direct ones, in K, as the root of the mean square over those below
    /// `below` K; the places are the same for the same seed. Nil where no place is that low.
    public func rootMeanSquareError(of guest: Int, below: Double, samples: Int, seed: UInt64) -> Double? {
        let molecule = host.guests[guest]
        var places = [SIMD3<Double>](repeating: .zero, count: molecule.sites.count)
        var squares = 0.0
        var count = 0
        let base = MonteCarloRandom.base(seed: seed, structure: host.crystal.name, purpose: .gridError)
        for sample in 0..<samples {
            var random = MonteCarloRandom(base: base, item: UInt64(sample))
            let centre = host.crystal.cell.cartesian(random.pointInCube())
            Orientation.uniform(&random).place(molecule, at: centre, into: &places)
            let direct = host.energy(of: guest, at: places)
            guard direct < below else { continue }
            let error = min(energy(of: guest, at: places), HostPotential.overlapKelvin) - direct
            squares += error * error
            count += 1
        }
        return count == 0 ? nil : (squares / Double(count)).squareRoot()
    }

    // MARK: Values at points

    private static func root(_ sum: Double, _ power: Double) -> Double {
        // No atom within reach: so large a root that the energy is zero.
        sum > 1e-30 ? pow(sum, -power) : 1e5
    }

    @inline(__always) private static func lennardJones(_ roots: SIMD2<Float>) -> Double {
        let (repulsion, attraction) = (Double(max(roots.x, 1e-3)), Double(max(roots.y, 1e-3)))
        let (one, other) = (repulsion * repulsion * repulsion, attraction * attraction * attraction)
        let fourth = one * one
        return 1 / (fourth * fourth) - 1 / (other * other)
    }

    // MARK: Interpolation

    /// The points around a place along each axis, as indices into the arrays, and their weights.
    private struct Surroundings {
        var x, y, z: SIMD4<Int>
        var xWeights, yWeights, zWeights: SIMD4<Float>
    }

    private func surroundings(of place: SIMD3<Double>) -> Surroundings {
        let inside = Atom.wrapped(host.crystal.cell.fractional(place))
        let (x, xWeights) = axis(inside.x, counts.x)
        let (y, yWeights) = axis(inside.y, counts.y)
        let (z, zWeights) = axis(inside.z, counts.z)
        return Surroundings(
            x: x &* SIMD4(repeating: counts.y * counts.z), y: y &* SIMD4(repeating: counts.z), z: z, xWeights: xWeights,
            yWeights: yWeights, zWeights: zWeights)
    }

    /// Four points along an axis and their weights; trilinear weights are zero for the outer two.
    @inline(__always) private func axis(_ fractional: Double, _ count: Int) -> (SIMD4<Int>, SIMD4<Float>) {
        let place = fractional * Double(count)
        let low = min(Int(place), count - 1)
        let rest = Float(place - Double(low))
        let points = SIMD4(
            low == 0 ? count - 1 : low - 1, low, low + 1 >= count ? low + 1 - count : low + 1,
            low + 2 >= count ? low + 2 - count : low + 2)
        guard interpolation == .tricubic else { return (points, SIMD4(0, 1 - rest, rest, 0)) }
        // Lagrange's polynomials through -1, 0, 1 and 2.
        let (before, after, beyond) = (rest + 1, rest - 1, rest - 2)
        return (
            points,
            SIMD4(
                -rest * after * beyond / 6, before * after * beyond / 2, -before * rest * beyond / 2,
                before * rest * after / 6)
        )
    }

    private func sum(_ values: [SIMD2<Float>], _ around: Surroundings) -> SIMD2<Float> {
        values.withUnsafeBufferPointer { values in
            var total = SIMD2<Float>.zero
            let span = interpolation == .tricubic ? 0..<4 : 1..<3
            for x in span {
                for y in span {
                    let row = around.x[x] + around.y[y]
                    var line = SIMD2<Float>.zero
                    for z in span { line += around.zWeights[z] * values[row + around.z[z]] }
                    total += around.xWeights[x] * around.yWeights[y] * line
                }
            }
            return total
        }
    }

    private func sum(_ values: [Float], _ around: Surroundings) -> Float {
        values.withUnsafeBufferPointer { values in
            var total: Float = 0
            let span = interpolation == .tricubic ? 0..<4 : 1..<3
            for x in span {
                for y in span {
                    let row = around.x[x] + around.y[y]
                    var line: Float = 0
                    for z in span { line += around.zWeights[z] * values[row + around.z[z]] }
                    total += around.xWeights[x] * around.yWeights[y] * line
                }
            }
            return total
        }
    }
}
