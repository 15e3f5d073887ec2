internal import Glibc

/// Where to insert a guest so that few insertions are in vain: a probability for each small voxel of the cell.
///
/// It comes from the guest's Boltzmann factor on a coarse energy grid. Every insertion is weighted by the inverse of its probability, so a rough
/// guide costs efficiency and never exactness (importance sampling; D. Frenkel, B. Smit, "Understanding Molecular Simulation", 2002, section
/// 7.1). A fixed share of insertions is uniform: no place weighs more than the inverse of that share.
struct InsertionGuide: Sendable {
    private let grid: EnergyGrid
    private let guest: Int
    private let temperature: Double
    private let counts: SIMD3<Int>
    /// The probability of each voxel times their number.
    private let densities: [Double]
    /// The sum of the densities up to each voxel, itself included.
    private let cumulative: [Double]

    /// The share of insertions that is uniform over the cell.
    static let uniformShare = 0.1
    /// How many fixed orientations a voxel is judged by.
    private static let orientationCount = 10

    /// - Parameter grid: A coarse grid, whose points are the middles of the voxels.
    init(_ grid: EnergyGrid, guest: Int, temperature: Double) {
        (self.grid, self.guest, self.temperature, counts) = (grid, guest, temperature, grid.counts)
        let molecule = grid.host.guests[guest]
        var random = MonteCarloRandom(seed: 0, structure: "", purpose: .guide)
        let orientations = (0..<(molecule.isPoint ? 1 : Self.orientationCount)).map { _ in Orientation.uniform(&random)
        }
        let total = counts.x * counts.y * counts.z
        var places = [SIMD3<Double>](repeating: .zero, count: molecule.sites.count)
        var factors = [Double](repeating: 0, count: total)
        for voxel in 0..<total {
            let centre = grid.host.crystal.cell.cartesian(EnergyGrid.fractional(voxel, counts))
            for orientation in orientations {
                orientation.place(molecule, at: centre, into: &places)
                factors[voxel] += exp(-max(grid.energy(of: guest, at: places) / temperature, -Self.deepest))
            }
        }
        let wide = Self.spread(factors, counts)
        let sum = wide.reduce(0, +)
        let scale = sum > 0 ? (1 - Self.uniformShare) * Double(total) / sum : 0
        let floor = sum > 0 ? Self.uniformShare : 1
        densities = wide.map { floor + scale * $0 }
        var running = 0.0
        cumulative = densities.map { density in
            running += density
            return running
        }
    }

    /// Deeper wells than this, in kT, attract no more insertions.
    private static let deepest = 40.0

    /// A place in the cell, as fractional coordinates, and its probability density relative to a uniform one.
    func place(_ random: inout MonteCarloRandom) -> (fractional: SIMD3<Double>, density: Double) {
        let target = random.uniform() * cumulative[cumulative.count - 1]
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > target { high = middle } else { low = middle + 1 }
        }
        let steps = SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        let within = (random.pointInCube() - 0.5) / steps
        return (Atom.wrapped(EnergyGrid.fractional(low, counts) + within), densities[low])
    }

    /// The probability density of a place in fractional coordinates, relative to a uniform one.
    func density(at fractional: SIMD3<Double>) -> Double {
        let steps = SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        // A voxel's middle is a point of the grid.
        let voxel = (Atom.wrapped(fractional) * steps).rounded(.toNearestOrAwayFromZero)
        let (x, y, z) = (Int(voxel.x) % counts.x, Int(voxel.y) % counts.y, Int(voxel.z) % counts.z)
        return densities[(x * counts.y + y) * counts.z + z]
    }

    /// One of several uniform orientations at a place, chosen by what the grid says, and its probability density relative to a uniform one
    /// (configurational bias; J. I. Siepmann, D. Frenkel, Mol. Phys. 1992, 75, 59, DOI 10.1080/00268979200100061).
    func orientation(
        at centre: SIMD3<Double>, _ random: inout MonteCarloRandom
    ) -> (orientation: Orientation, density: Double) {
        let trials = (0..<Self.trialCount).map { _ in Orientation.uniform(&random) }
        let densities = densities(of: trials, at: centre)
        var target = random.uniform() * Double(Self.trialCount)
        for trial in 0..<Self.trialCount - 1 {
            if target < densities[trial] { return (trials[trial], densities[trial]) }
            target -= densities[trial]
        }
        return (trials[Self.trialCount - 1], densities[Self.trialCount - 1])
    }

    /// The probability density of an orientation at a place, relative to a uniform one, had it been one of several.
    func density(
        of orientation: Orientation, at centre: SIMD3<Double>, _ random: inout MonteCarloRandom
    ) -> Double {
        let others = (1..<Self.trialCount).map { _ in Orientation.uniform(&random) }
        return densities(of: [orientation] + others, at: centre)[0]
    }

    /// The energy in K of the guest by the grid; infinite where it overlaps with the framework.
    func energy(at centre: SIMD3<Double>, _ orientation: Orientation) -> Double {
        let molecule = grid.host.guests[guest]
        var places = [SIMD3<Double>](repeating: .zero, count: molecule.sites.count)
        orientation.place(molecule, at: centre, into: &places)
        return grid.energy(of: guest, at: places)
    }

    /// The probability of each of several orientations, times their number.
    private func densities(of trials: [Orientation], at centre: SIMD3<Double>) -> SIMD8<Double> {
        let molecule = grid.host.guests[guest]
        var places = [SIMD3<Double>](repeating: .zero, count: molecule.sites.count)
        var factors = SIMD8<Double>.zero
        for (index, trial) in trials.enumerated() {
            trial.place(molecule, at: centre, into: &places)
            factors[index] = exp(-max(grid.energy(of: guest, at: places) / temperature, -Self.deepest))
        }
        let sum = factors.sum()
        guard sum > 0 else { return SIMD8(repeating: 1) }
        return Self.uniformShare + (1 - Self.uniformShare) * Double(Self.trialCount) / sum * factors
    }

    /// How many orientations are tried.
    private static let trialCount = 8

    /// Each voxel with part of its neighbours, since a guest in a voxel is rarely in its middle.
    private static func spread(_ values: [Double], _ counts: SIMD3<Int>) -> [Double] {
        var current = values
        for (stride, count) in [(1, counts.z), (counts.z, counts.y), (counts.z * counts.y, counts.x)] {
            current = current.indices.map { index in
                let place = index / stride % count
                let before = place == 0 ? index + (count - 1) * stride : index - stride
                let after = place == count - 1 ? index - (count - 1) * stride : index + stride
                return 0.25 * current[before] + 0.5 * current[index] + 0.25 * current[after]
            }
        }
        return current
    }
}
