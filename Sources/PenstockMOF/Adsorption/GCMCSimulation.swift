internal import Glibc

/// The moves of a grand-canonical simulation.
struct GCMCSimulation {
    private let settings: GCMC
    private let components: [Int]
    private(set) var system: GuestSystem
    private var random: MonteCarloRandom
    private var acceptance: [GCMC.Move: GCMCResult.Acceptance] = [:]
    private var translationStep = 1.0
    private var rotationStep = 1.0
    private let box: UnitCell
    private let guests: [GuestMolecule]
    private let placement: Placement

    init(_ settings: GCMC, _ energies: HostEnergy, key: String) {
        self.settings = settings
        guests = energies.host.guests
        components = guests.indices.filter { settings.fugacitiesPascal[$0] > 0 }
        system = GuestSystem(energies)
        box = system.box
        placement = Placement(settings, energies.host, box: box, components: components)
        random = MonteCarloRandom(seed: settings.seed, structure: key, purpose: .gcmc)
    }

    /// As many moves as there are molecules, 20 at least.
    mutating func cycle() {
        guard !components.isEmpty else { return }
        for _ in 0..<max(20, system.molecules.count) { move() }
    }

    /// Forgets the counts of the moves so far.
    mutating func beginProduction() { acceptance = [:] }

    /// Steps that are accepted more often than every second time become larger, others smaller.
    mutating func tuneSteps() {
        // Enough tries for a rate to mean something.
        func factor(_ move: GCMC.Move, _ acceptance: inout [GCMC.Move: GCMCResult.Acceptance]) -> Double {
            guard let moves = acceptance[move], moves.tried >= 20 else { return 1 }
            acceptance[move] = nil
            return moves.rate > 0.5 ? 1.1 : 1 / 1.1
        }
        let most = box.widths.min() / 2
        translationStep = min(most, max(0.01, translationStep * factor(.translation, &acceptance)))
        rotationStep = min(.pi, max(0.01, rotationStep * factor(.rotation, &acceptance)))
    }

    func result(perCell: [BlockAverage], energy: BlockAverage, cellMass: Double) -> GCMCResult {
        let afresh = system.energyFromScratch()
        let drift = abs(system.energy - afresh) / max(abs(afresh), settings.temperatureKelvin)
        let loading = perCell.map { $0.scaled(by: 1000 / cellMass) }
        var flags: [GCMCResult.Flag] = []
        if drift > 1e-6 { flags.append(.energyDrift) }
        if loading.contains(where: { $0.relativeError > 0.25 }) { flags.append(.largeError) }
        let host = system.energies.host
        if host.ewald != nil, abs(host.crystal.netCharge) > 0.01 { flags.append(.netCharge) }
        if loading.allSatisfy({ $0.value == 0 }) { flags.append(.nothingInserted) }
        return GCMCResult(
            moleculesPerCell: perCell, loading: loading, energyPerCell: energy, acceptance: acceptance,
            energyDrift: drift, cellCount: system.cellCount, stepSizes: (translationStep, rotationStep), flags: flags)
    }

    // MARK: Moves

    /// One move: a shift, a turn and a reinsertion are equally likely, an exchange with the gas five times as likely as each, since the number
    /// of molecules is what takes longest to forget.
    private mutating func move() {
        let component = components[random.index(below: components.count)]
        switch random.index(below: 8) {
        case 0: change(component, .translation)
        // To turn a point changes nothing.
        case 1: change(component, guests[component].isPoint ? .translation : .rotation)
        case 2: change(component, .reinsertion)
        default: random.uniform() < 0.5 ? insert(component) : delete(component)
        }
    }

    private mutating func change(_ component: Int, _ move: GCMC.Move) {
        guard let index = pick(component) else { return }
        let old = system.molecules[index]
        var (centre, orientation, bias) = (old.centre, old.orientation, 1.0)
        switch move {
        case .translation: centre += translationStep * (2 * random.pointInCube() - 1)
        case .rotation: orientation = orientation.turned(upTo: rotationStep, &random)
        default:
            let before = placement.density(ofMolecule: index, in: system, &random)
            let place = placement.place(component, in: system, replacing: index, &random)
            (centre, orientation, bias) = (place.centre, place.orientation, before / place.density)
        }
        var isAccepted = false
        if !placement.isBlocked(centre) {
            let new = system.molecule(component, at: centre, orientation, replacing: index)
            let energy = system.energyChange(removing: index, adding: new)
            isAccepted = accepts(bias, energy)
            if isAccepted { system.accept(removing: index, adding: new, energyChange: energy) }
        }
        count(move, isAccepted)
    }

    private mutating func insert(_ component: Int) {
        let place = placement.place(component, in: system, replacing: nil, &random)
        var isAccepted = false
        if !placement.isBlocked(place.centre) {
            let new = system.molecule(component, at: place.centre, place.orientation)
            let energy = system.energyChange(removing: nil, adding: new)
            let ideal = activity(component) / Double(system.counts[component] + 1)
            isAccepted = accepts(ideal / place.density, energy)
            if isAccepted { system.accept(removing: nil, adding: new, energyChange: energy) }
        }
        count(.insertion, isAccepted)
    }

    private mutating func delete(_ component: Int) {
        var isAccepted = false
        if let index = pick(component) {
            let energy = system.energyChange(removing: index, adding: nil)
            let ideal = Double(system.counts[component]) / activity(component)
            isAccepted = accepts(ideal * placement.density(ofMolecule: index, in: system, &random), energy)
            if isAccepted { system.accept(removing: index, adding: nil, energyChange: energy) }
        }
        count(.deletion, isAccepted)
    }

    /// One of the molecules of a component; nil where there is none.
    private mutating func pick(_ component: Int) -> Int? {
        let count = system.counts[component]
        guard count > 0 else { return nil }
        var rest = random.index(below: count)
        if count == system.molecules.count { return rest }
        return system.molecules.firstIndex { molecule in
            guard molecule.guest == component else { return false }
            rest -= 1
            return rest < 0
        }
    }

    /// f V / kT, the number of molecules that an ideal gas would have in the box.
    private func activity(_ component: Int) -> Double {
        settings.fugacitiesPascal[component] * box.volume
            / (PhysicalConstants.pascalCubicAngstromPerKelvin * settings.temperatureKelvin)
    }

    private mutating func accepts(_ factor: Double, _ energy: Double) -> Bool {
        // Drawn in any case, so that the numbers that follow do not depend on the energy.
        let draw = random.uniform()
        return draw < factor * exp(-energy / settings.temperatureKelvin)
    }

    private mutating func count(_ move: GCMC.Move, _ isAccepted: Bool) {
        acceptance[move, default: .init()].tried += 1
        if isAccepted { acceptance[move, default: .init()].accepted += 1 }
    }
}
