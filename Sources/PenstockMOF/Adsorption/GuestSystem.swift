/// The guests in a box of framework cells, and what their energies are.
///
/// The box is the framework's cell, repeated until all widths are twice the cutoff, so that the nearest image of a pair is the only one within
/// it. Energies in K.
struct GuestSystem {
    /// A molecule in the box.
    struct Molecule {
        let guest: Int
        var centre: SIMD3<Double>
        var orientation: Orientation
        var places: [SIMD3<Double>]
        /// Its energy with the framework.
        var hostEnergy: Double
        /// Its energy with the other molecules when it was made, without the part in reciprocal space.
        var pairEnergy: Double
    }

    let energies: HostEnergy
    let box: UnitCell
    /// How many cells of the framework the box has.
    let cellCount: Int
    private(set) var molecules: [Molecule] = []
    /// How many molecules of each guest there are.
    private(set) var counts: [Int]
    /// The sum of all energies, kept up to date by moves.
    private(set) var energy = 0.0

    private let host: HostPotential
    /// For each two guests the pairs of their sites, those of the second running fastest.
    private let pairs: [[SitePair]]
    private let tails: [[Double]]
    private let cutoffSquare: Double
    private let widths: SIMD3<Double>
    /// How far the centres of two molecules, by their guests, may be apart for sites of them to be within the cutoff.
    private let reaches: [[Double]]
    /// Electrostatics between guests; nil without charges.
    private let reciprocal: ReciprocalLattice?
    private let table: ErfcTable?
    private let selfEnergies: [Double]
    private var sums: ReciprocalLattice.Sums
    private var change: ReciprocalLattice.Sums

    init(_ energies: HostEnergy) {
        self.energies = energies
        host = energies.host
        let interactions = host.interactions
        let repeats = host.crystal.cell.repeats(forWidth: 2 * interactions.cutoff)
        box = host.crystal.cell.repeated(repeats)
        cellCount = repeats.x * repeats.y * repeats.z
        counts = host.guests.map { _ in 0 }
        cutoffSquare = interactions.cutoff * interactions.cutoff
        widths = box.widths
        let radii = host.guests.map { guest in guest.sites.map { length($0.position) }.max() ?? 0 }
        reaches = radii.map { one in radii.map { interactions.cutoff + one + $0 + 1e-6 } }
        let kinds = host.guestKinds
        pairs = host.guests.indices.flatMap { [host] one in
            host.guests.indices.map { SitePair.all(one, $0, host) }
        }
        let volume = box.volume
        tails = kinds.map { one in
            kinds.map {
                interactions.truncation == .tailCorrected
                    ? one.mixed(with: $0).tail(beyond: interactions.cutoff) / volume : 0
            }
        }
        if let ewald = host.ewald, host.guests.contains(where: \.isCharged) {
            let lattice = ReciprocalLattice(cell: box, ewald: ewald)
            (reciprocal, sums, change) = (lattice, lattice.zeroSums(), lattice.zeroSums())
            table = ErfcTable(alpha: ewald.alpha, cutoff: interactions.cutoff)
            selfEnergies = host.guests.map { ewald.selfEnergy(of: $0.sites) }
        } else {
            let none = ReciprocalLattice.Sums(real: [], imaginary: [])
            (reciprocal, table, sums, change) = (nil, nil, none, none)
            selfEnergies = host.guests.map { _ in 0 }
        }
    }

    /// A molecule at a place, with its energies; its host energy is infinite, too, where it overlaps with another molecule.
    /// - Parameter old: The molecule that it is to replace, which it does not meet; nil for none.
    func molecule(
        _ guest: Int, at centre: SIMD3<Double>, _ orientation: Orientation, replacing old: Int? = nil
    ) -> Molecule {
        let inside = box.cartesian(Atom.wrapped(box.fractional(centre)))
        var places = [SIMD3<Double>](repeating: .zero, count: host.guests[guest].sites.count)
        orientation.place(host.guests[guest], at: inside, into: &places)
        var molecule = Molecule(
            guest: guest, centre: inside, orientation: orientation, places: places, hostEnergy: .infinity,
            pairEnergy: .infinity)
        // First with the few molecules, then with the many atoms of the framework.
        molecule.pairEnergy = pairEnergy(of: molecule, except: old)
        if molecule.pairEnergy < .infinity { molecule.hostEnergy = energies.energy(of: guest, at: places) }
        return molecule
    }

    // MARK: Changes

    /// By how much the energy changes when the molecule `old` is replaced by `new`, made to replace it; either may be missing. Infinite for an
    /// overlap.
    mutating func energyChange(removing old: Int?, adding new: Molecule?) -> Double {
        var total = 0.0
        if let new {
            guard new.hostEnergy < .infinity else { return .infinity }
            total += new.hostEnergy + new.pairEnergy - selfEnergies[new.guest]
        }
        if let old {
            let gone = molecules[old]
            total -= gone.hostEnergy + pairEnergy(of: gone, except: old) - selfEnergies[gone.guest]
        }
        total += tailChange(removing: old.map { molecules[$0].guest }, adding: new?.guest)
        if let reciprocal {
            for index in change.real.indices { (change.real[index], change.imaginary[index]) = (.zero, .zero) }
            if let old { add(molecules[old], sign: -1, to: &change, reciprocal) }
            if let new { add(new, sign: 1, to: &change, reciprocal) }
            total += reciprocal.energyChange(of: sums, adding: change)
        }
        return total
    }

    /// Makes the change that `energyChange` was last asked about.
    mutating func accept(removing old: Int?, adding new: Molecule?, energyChange: Double) {
        for index in change.real.indices {
            sums.real[index] += change.real[index]
            sums.imaginary[index] += change.imaginary[index]
        }
        energy += energyChange
        switch (old, new) {
        case (let old?, let new?):
            molecules[old] = new
        case (let old?, nil):
            counts[molecules[old].guest] -= 1
            molecules.swapAt(old, molecules.count - 1)
            molecules.removeLast()
        case (nil, let new?):
            counts[new.guest] += 1
            molecules.append(new)
        case (nil, nil):
            break
        }
    }

    /// The sum of all energies, computed afresh.
    func energyFromScratch() -> Double {
        var copy = GuestSystem(energies)
        for molecule in molecules {
            let new = copy.molecule(molecule.guest, at: molecule.centre, molecule.orientation)
            copy.accept(removing: nil, adding: new, energyChange: copy.energyChange(removing: nil, adding: new))
        }
        return copy.energy
    }

    // MARK: Energies between guests

    /// The energy of a molecule at a place with all others but one, without the part in reciprocal space; infinite for an overlap.
    func pairEnergy(
        of guest: Int, at centre: SIMD3<Double>, _ orientation: Orientation, except excluded: Int?
    ) -> Double {
        var places = [SIMD3<Double>](repeating: .zero, count: host.guests[guest].sites.count)
        orientation.place(host.guests[guest], at: centre, into: &places)
        return pairEnergy(
            of: Molecule(
                guest: guest, centre: centre, orientation: orientation, places: places, hostEnergy: 0, pairEnergy: 0),
            except: excluded)
    }

    /// The energy of a molecule with all others but one, without the part in reciprocal space; infinite for an overlap.
    private func pairEnergy(of molecule: Molecule, except excluded: Int?) -> Double {
        var energy = 0.0
        for index in molecules.indices where index != excluded {
            if areApart(molecule, molecules[index]) { continue }
            energy += pairEnergy(molecule, molecules[index])
            guard energy < HostPotential.overlapKelvin else { return .infinity }
        }
        return energy
    }

    /// Whether two molecules are beyond the cutoff for certain: between planes along a face of the box no image is nearer.
    @inline(__always) private func areApart(_ one: Molecule, _ other: Molecule) -> Bool {
        let fractional = box.fractional(one.centre - other.centre)
        let nearest = (fractional - fractional.rounded(.toNearestOrEven)) * widths
        let reach = reaches[one.guest][other.guest]
        return max(nearest.max(), -nearest.min()) > reach
    }

    private func pairEnergy(_ one: Molecule, _ other: Molecule) -> Double {
        var energy = 0.0
        var index = 0
        let pairs = pairs[one.guest * counts.count + other.guest]
        for place in one.places {
            for otherPlace in other.places {
                let pair = pairs[index]
                index += 1
                let square = nearestSquare(place - otherPlace)
                guard square < cutoffSquare else { continue }
                if let factors = pair.lennardJones {
                    let inverse = 1 / max(square, 1e-12)
                    let sixth = inverse * inverse * inverse
                    energy += sixth * (factors.repulsion * sixth - factors.attraction) - factors.shift
                }
                if pair.charges != 0, let table { energy += pair.charges * table.value(square) }
            }
        }
        return energy
    }

    /// The square of the length of a vector's shortest image, exact up to the cutoff.
    @inline(__always) private func nearestSquare(_ vector: SIMD3<Double>) -> Double {
        let fractional = box.fractional(vector)
        let nearest = box.cartesian(fractional - fractional.rounded(.toNearestOrEven))
        return dot(nearest, nearest)
    }

    /// What lies beyond the cutoff: half the sum over all pairs of kinds, each with every one of its kind.
    private func tailChange(removing old: Int?, adding new: Int?) -> Double {
        guard host.interactions.truncation == .tailCorrected, old != new else { return 0 }
        var after = counts
        if let old { after[old] -= 1 }
        if let new { after[new] += 1 }
        return tailEnergy(after) - tailEnergy(counts)
    }

    private func tailEnergy(_ counts: [Int]) -> Double {
        var numbers = [Double](repeating: 0, count: tails.count)
        for (guest, count) in counts.enumerated() {
            for case let kind? in host.kinds[guest] { numbers[kind] += Double(count) }
        }
        var energy = 0.0
        for one in numbers.indices {
            for other in numbers.indices { energy += 0.5 * numbers[one] * numbers[other] * tails[one][other] }
        }
        return energy
    }

    private func add(
        _ molecule: Molecule, sign: Double, to sums: inout ReciprocalLattice.Sums, _ lattice: ReciprocalLattice
    ) {
        for (site, place) in zip(host.guests[molecule.guest].sites, molecule.places) where site.charge != 0 {
            lattice.add(sign * site.charge, at: box.fractional(place), to: &sums)
        }
    }
}

/// How a site of one guest meets a site of another.
private struct SitePair {
    /// Nil where one of them has no parameters.
    var lennardJones: HostPotential.PairFactors?
    /// The product of their charges in K Å; zero where charges do not count.
    var charges = 0.0

    /// All pairs of the sites of two guests, those of the second running fastest.
    static func all(_ one: Int, _ other: Int, _ host: HostPotential) -> [SitePair] {
        host.guests[one].sites.indices.flatMap { site in
            host.guests[other].sites.indices.map { otherSite in
                var pair = SitePair()
                if let kind = host.kinds[one][site], let otherKind = host.kinds[other][otherSite] {
                    let mixed = host.guestKinds[kind].mixed(with: host.guestKinds[otherKind])
                    pair.lennardJones = HostPotential.PairFactors(mixed, host.interactions)
                }
                if host.ewald != nil {
                    let charges = host.guests[one].sites[site].charge * host.guests[other].sites[otherSite].charge
                    pair.charges = PhysicalConstants.coulomb * charges
                }
                return pair
            }
        }
    }
}
