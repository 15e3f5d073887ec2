internal import Glibc

/// Where molecules are put that come in or move far: the best of several places, each guided to where the empty framework has room.
///
/// Of several trials one is chosen by its energy with the framework, from a coarse grid, and with the other molecules; the acceptance of the
/// move takes all of the choice out again, so that a rough guess costs efficiency and never exactness (configurational bias: J. I. Siepmann,
/// D. Frenkel, Mol. Phys. 1992, 75, 59, DOI 10.1080/00268979200100061; places by cavity bias: R. Q. Snurr, A. T. Bell, D. N. Theodorou,
/// J. Phys. Chem. 1993, 97, 13742, DOI 10.1021/j100153a051).
struct Placement {
    /// A place and an orientation for a molecule.
    struct Trial {
        var centre: SIMD3<Double>
        var orientation: Orientation
        /// How likely it was, relative to a uniform choice.
        var density: Double
    }

    private let box: UnitCell
    /// How many cells of the framework the box has along each edge.
    private let toCell: SIMD3<Double>
    private let guests: [GuestMolecule]
    private let temperature: Double
    private let blocked: BlockedRegions?
    /// Where each component fits in; none where places are uniform.
    private var guides: [Int: InsertionGuide] = [:]

    /// How many places are tried: with twice as many a third more are accepted, for twice the time.
    private static let trialCount = 4
    /// The share of choices among trials that is uniform, which bounds what a rough guess can cost.
    private static let uniformShare = 0.1
    /// Deeper wells than this, in kT, attract no more.
    private static let deepest = 40.0

    /// - Parameter components: The guests that are put anywhere.
    init(_ settings: GCMC, _ host: HostPotential, box: UnitCell, components: [Int]) {
        (self.box, guests, temperature) = (box, host.guests, settings.temperatureKelvin)
        blocked = settings.blocked
        toCell = (box.lengths / host.crystal.cell.lengths).rounded(.toNearestOrEven)
        guard let spacing = settings.guideSpacing, !components.isEmpty else { return }
        let grid = EnergyGrid(host, spacing: spacing, interpolation: .trilinear)
        for component in components {
            guides[component] = InsertionGuide(grid, guest: component, temperature: temperature)
        }
    }

    /// Whether no molecule's centre may be at a place.
    func isBlocked(_ centre: SIMD3<Double>) -> Bool {
        blocked?.contains(box.fractional(centre) * toCell) ?? false
    }

    /// A place for a molecule that comes in, or that replaces the molecule `old`.
    func place(
        _ component: Int, in system: GuestSystem, replacing old: Int?, _ random: inout MonteCarloRandom
    ) -> Trial {
        guard let guide = guides[component] else {
            let centre = box.cartesian(random.pointInCube())
            let orientation = guests[component].isPoint ? .identity : Orientation.uniform(&random)
            return Trial(centre: centre, orientation: orientation, density: 1)
        }
        var trials: [Trial] = []
        for _ in 0..<Self.trialCount { trials.append(trial(component, guide, &random)) }
        let densities = densities(of: trials, component, guide, in: system, replacing: old)
        var target = random.uniform() * Double(trials.count)
        var chosen = 0
        while chosen < trials.count - 1, target >= densities[chosen] {
            target -= densities[chosen]
            chosen += 1
        }
        trials[chosen].density *= densities[chosen]
        return trials[chosen]
    }

    /// How likely `place` would have put a molecule where it is, had it not been there.
    func density(ofMolecule index: Int, in system: GuestSystem, _ random: inout MonteCarloRandom) -> Double {
        let molecule = system.molecules[index]
        guard let guide = guides[molecule.guest] else { return 1 }
        var density = guide.density(at: box.fractional(molecule.centre) * toCell)
        if !guests[molecule.guest].isPoint {
            density *= guide.density(of: molecule.orientation, at: molecule.centre, &random)
        }
        var trials = [Trial(centre: molecule.centre, orientation: molecule.orientation, density: density)]
        for _ in 1..<Self.trialCount { trials.append(trial(molecule.guest, guide, &random)) }
        return density * densities(of: trials, molecule.guest, guide, in: system, replacing: index)[0]
    }

    /// One guided trial.
    private func trial(_ component: Int, _ guide: InsertionGuide, _ random: inout MonteCarloRandom) -> Trial {
        // A cell of the framework, then a place in it.
        let cell = (random.pointInCube() * toCell).rounded(.down)
        let place = guide.place(&random)
        let centre = box.cartesian((cell + place.fractional) / toCell)
        guard !guests[component].isPoint else {
            return Trial(centre: centre, orientation: .identity, density: place.density)
        }
        let turned = guide.orientation(at: centre, &random)
        return Trial(centre: centre, orientation: turned.orientation, density: place.density * turned.density)
    }

    /// The probability of each trial, times their number.
    private func densities(
        of trials: [Trial], _ component: Int, _ guide: InsertionGuide, in system: GuestSystem, replacing old: Int?
    ) -> [Double] {
        let weights = trials.map { trial in
            if isBlocked(trial.centre) { return 0.0 }
            let inFramework = guide.energy(at: trial.centre, trial.orientation)
            guard inFramework < .infinity else { return 0 }
            let energy =
                inFramework + system.pairEnergy(of: component, at: trial.centre, trial.orientation, except: old)
            return exp(-max(energy / temperature, -Self.deepest)) / trial.density
        }
        let sum = weights.reduce(0, +)
        guard sum > 0 else { return weights.map { _ in 1 } }
        return weights.map { Self.uniformShare + (1 - Self.uniformShare) * Double(trials.count) / sum * $0 }
    }
}
