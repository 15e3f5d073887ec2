/// The energy of rigid guest molecules in a rigid framework by direct sums in double precision.
///
/// The framework is infinite: sums run over explicit images, so the cell may be narrower than the cutoff. A guest does not meet its own images
/// here; GCMC adds the energy of guests with each other.
public struct HostPotential: Sendable {
    /// The framework.
    public let crystal: Crystal
    /// The guests, by whose numbers energies are asked for.
    public let guests: [GuestMolecule]
    /// How interactions end.
    public let interactions: Interactions
    /// The electrostatic sum; nil without charges.
    public let ewald: Ewald?

    /// For each guest and site which of the Lennard-Jones kinds it is; nil where it has none.
    let kinds: [[Int?]]
    /// The different Lennard-Jones parameters of guest sites.
    let guestKinds: [LennardJones]
    private let pairs: [[PairFactors]]
    /// What lies beyond the cutoff, for each of the guest kinds, in K.
    private let tails: [Double]
    private let blocks: NeighbourBlocks
    private let table: ErfcTable?
    private let reciprocal: ReciprocalLattice?
    private let weighted: ReciprocalLattice.Sums?

    /// A site's Lennard-Jones energy in K from which on a trial is an overlap, more than any electrostatic energy makes up for.
    static let overlapKelvin = 1e6

    /// Factors of a guest kind with a framework kind.
    struct PairFactors: Sendable {
        let repulsion: Double
        let attraction: Double
        let shift: Double
        let sigma: Double
    }

    /// Lists the framework's atoms around each part of the cell.
    ///
    /// Charges count where `interactions` says so, and atoms without a charge are neutral then.
    /// - Throws: `ForceFieldError` where an element has no parameters.
    public init(
        crystal: Crystal, forceField: ForceField, guests: [GuestMolecule], interactions: Interactions
    ) throws(ForceFieldError) {
        (self.crystal, self.guests, self.interactions) = (crystal, guests, interactions)
        let elements = Set(crystal.atoms.map(\.element)).sorted()
        var hostKinds: [LennardJones] = []
        for element in elements { hostKinds.append(try forceField.parameters(of: element)) }
        var guestKinds: [LennardJones] = []
        kinds = guests.map { guest in
            guest.sites.map { site in
                if site.lennardJones.isZero { return nil }
                if let known = guestKinds.firstIndex(of: site.lennardJones) { return known }
                guestKinds.append(site.lennardJones)
                return guestKinds.count - 1
            }
        }
        self.guestKinds = guestKinds
        pairs = guestKinds.map { guest in hostKinds.map { PairFactors(guest.mixed(with: $0), interactions) } }
        tails = guestKinds.map { guest in
            guard interactions.truncation == .tailCorrected else { return 0 }
            return crystal.atoms.reduce(0) { sum, atom in
                sum + guest.mixed(with: forceField.parameters[atom.element]!).tail(beyond: interactions.cutoff)
            } / crystal.cell.volume
        }
        let numbers = Dictionary(uniqueKeysWithValues: elements.enumerated().map { ($1, $0) })
        blocks = NeighbourBlocks(
            crystal, kinds: crystal.atoms.map { numbers[$0.element]! }, kindCount: elements.count,
            reach: interactions.cutoff)
        guard interactions.usesCharges else {
            (ewald, table, reciprocal, weighted) = (nil, nil, nil, nil)
            return
        }
        let ewald = Ewald(precision: interactions.ewaldPrecision, cutoff: interactions.cutoff)
        let lattice = ReciprocalLattice(cell: crystal.cell, ewald: ewald)
        var sums = lattice.zeroSums()
        for atom in crystal.atoms { lattice.add(atom.charge ?? 0, at: atom.position, to: &sums) }
        (self.ewald, reciprocal, weighted) = (ewald, lattice, lattice.weighted(sums))
        table = ErfcTable(alpha: ewald.alpha, cutoff: interactions.cutoff)
    }

    /// The energy in K of a guest whose sites are at `places`, in Å; infinite where it overlaps with the framework.
    public func energy(of guest: Int, at places: [SIMD3<Double>]) -> Double {
        var energy = 0.0
        for (site, kind) in kinds[guest].enumerated() {
            guard let kind else { continue }
            let one = lennardJones(kind, at: places[site])
            guard one < Self.overlapKelvin else { return .infinity }
            energy += one
        }
        guard ewald != nil else { return energy }
        for (site, place) in zip(guests[guest].sites, places) where site.charge != 0 {
            energy += site.charge * potential(at: place)
        }
        return energy
    }

    /// The Lennard-Jones energy in K of one of the guest kinds.
    func lennardJones(_ kind: Int, at place: SIMD3<Double>) -> Double {
        let (inside, block) = locate(place)
        let cutoffSquare = interactions.cutoff * interactions.cutoff
        var sum = SIMD4<Double>.zero
        blocks.lanes.withUnsafeBufferPointer { lanes in
            for (hostKind, pair) in pairs[kind].enumerated() {
                let first = blocks.starts[block * blocks.kindCount + hostKind]
                let last = blocks.starts[block * blocks.kindCount + hostKind + 1]
                for lane in first..<last {
                    let square = Self.squares(lanes, lane, from: inside)
                    let inverse = 1 / square
                    let sixth = inverse * inverse * inverse
                    let energy = sixth * (pair.repulsion * sixth - pair.attraction) - pair.shift
                    sum += energy.replacing(with: 0, where: square .>= cutoffSquare)
                }
            }
        }
        return sum.sum() + tails[kind]
    }

    /// The electrostatic potential of the framework in K/e; zero without charges.
    public func potential(at place: SIMD3<Double>) -> Double {
        guard let reciprocal, let weighted else { return 0 }
        return realPotential(at: place)
            + reciprocal.potential(of: weighted, at: crystal.cell.fractional(locate(place).0))
    }

    /// The part of the potential in reciprocal space at the points of a grid over the cell; empty without charges.
    func reciprocalPotentials(on counts: SIMD3<Int>) -> [Double] {
        guard let reciprocal, let weighted else { return [] }
        return reciprocal.potentials(of: weighted, on: counts)
    }

    /// The part of the potential in real space; zero without charges.
    func realPotential(at place: SIMD3<Double>) -> Double {
        guard let table else { return 0 }
        let (inside, block) = locate(place)
        let cutoffSquare = interactions.cutoff * interactions.cutoff
        var sum = 0.0
        blocks.lanes.withUnsafeBufferPointer { lanes in
            table.withPieces { pieces in
                let first = blocks.starts[block * blocks.kindCount]
                let last = blocks.starts[(block + 1) * blocks.kindCount]
                for lane in first..<last {
                    let squares = Self.squares(lanes, lane, from: inside)
                    sum += table.sum(lanes[4 * lane + 3], squares, cutoffSquare: cutoffSquare, pieces)
                }
            }
        }
        return PhysicalConstants.coulomb * sum
    }

    /// Whether a site of a guest is closer to an atom than `factor` times the σ of the pair.
    func isInsideWall(_ guest: Int, at places: [SIMD3<Double>], factor: Double) -> Bool {
        for (site, kind) in kinds[guest].enumerated() {
            guard let kind else { continue }
            let (inside, block) = locate(places[site])
            for (hostKind, pair) in pairs[kind].enumerated() {
                let first = blocks.starts[block * blocks.kindCount + hostKind]
                let last = blocks.starts[block * blocks.kindCount + hostKind + 1]
                let wall = factor * pair.sigma
                var closest = SIMD4<Double>(repeating: .infinity)
                blocks.lanes.withUnsafeBufferPointer { lanes in
                    for lane in first..<last {
                        closest = pointwiseMin(closest, Self.squares(lanes, lane, from: inside))
                    }
                }
                if closest.min() < wall * wall { return true }
            }
        }
        return false
    }

    /// For one point the sums over the atoms of each guest kind: of 4 ε σ^12 / r^12, and of 4 ε σ^6 / r^6 less the shifts.
    func powerSums(at place: SIMD3<Double>, into sums: inout [(repulsion: Double, attraction: Double)]) {
        let (inside, block) = locate(place)
        let cutoffSquare = interactions.cutoff * interactions.cutoff
        for kind in sums.indices { sums[kind] = (0, 0) }
        blocks.lanes.withUnsafeBufferPointer { lanes in
            for hostKind in 0..<blocks.kindCount {
                let first = blocks.starts[block * blocks.kindCount + hostKind]
                let last = blocks.starts[block * blocks.kindCount + hostKind + 1]
                var twelfths = SIMD4<Double>.zero
                var sixths = SIMD4<Double>.zero
                var counts = SIMD4<Double>.zero
                for lane in first..<last {
                    let square = Self.squares(lanes, lane, from: inside)
                    let isWithin = square .< cutoffSquare
                    let inverse = (1 / square).replacing(with: 0, where: .!isWithin)
                    let sixth = inverse * inverse * inverse
                    sixths += sixth
                    twelfths += sixth * sixth
                    counts += SIMD4(repeating: 0).replacing(with: 1, where: isWithin)
                }
                let (twelfth, sixth, count) = (twelfths.sum(), sixths.sum(), counts.sum())
                for kind in sums.indices {
                    let pair = pairs[kind][hostKind]
                    sums[kind].repulsion += pair.repulsion * twelfth
                    sums[kind].attraction += pair.attraction * sixth + pair.shift * count
                }
            }
        }
    }

    /// What lies beyond the cutoff for a guest kind, in K.
    func tail(_ kind: Int) -> Double { tails[kind] }

    /// The squares of the distances to the four atoms of a lane; those at a nucleus are a little more than zero.
    @inline(__always) private static func squares(
        _ lanes: UnsafeBufferPointer<SIMD4<Double>>, _ lane: Int, from place: SIMD3<Double>
    ) -> SIMD4<Double> {
        let x = lanes[4 * lane] - place.x
        let y = lanes[4 * lane + 1] - place.y
        let z = lanes[4 * lane + 2] - place.z
        return x * x + y * y + z * z + 1e-12
    }

    /// The same place in the cell, and its block.
    @inline(__always) private func locate(_ place: SIMD3<Double>) -> (SIMD3<Double>, Int) {
        let fractional = Atom.wrapped(crystal.cell.fractional(place))
        return (crystal.cell.cartesian(fractional), blocks.block(at: fractional))
    }
}

extension HostPotential.PairFactors {
    init(_ pair: LennardJones, _ interactions: Interactions) {
        let third = pair.sigma * pair.sigma * pair.sigma
        attraction = 4 * pair.epsilonKelvin * third * third
        repulsion = attraction * third * third
        shift = interactions.truncation == .shifted ? pair.energy(atDistance: interactions.cutoff) : 0
        sigma = pair.isZero ? 0 : pair.sigma
    }
}
