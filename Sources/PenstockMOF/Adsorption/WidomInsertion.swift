internal import Glibc

/// Widom's test-particle insertion: the Henry coefficient and the heat of adsorption at zero loading, and with helium the void fraction.
///
/// K_H = W / (R T ρ) with W = <exp(-U/kT)> over uniform places and orientations, and Qst = R T - <U exp(-U/kT)> / W: B. Widom, J. Chem. Phys.
/// 1963, 39, 2808, DOI 10.1063/1.1734110; T. J. H. Vlugt et al., J. Chem. Theory Comput. 2008, 4, 1107, DOI 10.1021/ct700342k. Insertions
/// are guided to where the guest fits and weighted accordingly; every energy is direct.
public struct WidomInsertion: Sendable, Hashable {
    /// The temperature in K, above zero.
    public var temperatureKelvin: Double
    /// How many molecules are inserted, 10 or more.
    public var insertions: Int
    /// Points of the grid that guides insertions are this far apart at most, in Å; nil for uniform insertions.
    public var guideSpacing: Double?
    /// A site closer to an atom than this times the σ of the pair is inside the inner wall.
    public var innerWall: Double
    /// Whether insertions inside the wall have no weight.
    public var removesInsideWall: Bool
    /// Where no guest goes; nil where all of the cell is open.
    public var blocked: BlockedRegions?
    /// The seed of the run.
    public var seed: UInt64

    /// How to insert.
    public init(
        temperatureKelvin: Double = 298, insertions: Int = 20000, guideSpacing: Double? = 0.6, innerWall: Double = 0.6,
        removesInsideWall: Bool = false, blocked: BlockedRegions? = nil, seed: UInt64 = 1
    ) {
        precondition(temperatureKelvin > 0 && temperatureKelvin.isFinite, "a temperature is above zero")
        precondition(insertions >= 2 * BlockAverage.blockCount, "five blocks need ten insertions")
        self.temperatureKelvin = temperatureKelvin
        self.insertions = insertions
        self.guideSpacing = guideSpacing
        self.innerWall = innerWall
        self.removesInsideWall = removesInsideWall
        self.blocked = blocked
        self.seed = seed
    }

    /// Inserts a guest.
    /// - Parameters:
    ///   - guest: Its number in the host's guests.
    ///   - cellMass: The mass of the host's cell in g/mol.
    ///   - key: What the structure is called in the run; with the seed it fixes the random numbers.
    public func run(_ host: HostPotential, guest: Int = 0, cellMass: Double, key: String) -> WidomResult {
        let guide = guideSpacing.map {
            InsertionGuide(
                EnergyGrid(host, spacing: $0, interpolation: .trilinear), guest: guest, temperature: temperatureKelvin)
        }
        let base = MonteCarloRandom.base(seed: seed, structure: key, purpose: .widom)
        var sums = WidomSums()
        for insertion in 0..<insertions {
            var random = MonteCarloRandom(base: base, item: UInt64(insertion))
            insert(host, guest, guide, &random, &sums)
            sums.close(insertion, of: insertions)
        }
        return sums.result(self, host, cellMass: cellMass)
    }

    /// Inserts one molecule.
    private func insert(
        _ host: HostPotential, _ guest: Int, _ guide: InsertionGuide?, _ random: inout MonteCarloRandom,
        _ sums: inout WidomSums
    ) {
        var (fractional, density) = guide?.place(&random) ?? (random.pointInCube(), 1)
        if let blocked, blocked.contains(fractional) { return }
        let molecule = host.guests[guest]
        if sums.places.count != molecule.sites.count {
            sums.places = [SIMD3<Double>](repeating: .zero, count: molecule.sites.count)
        }
        let centre = host.crystal.cell.cartesian(fractional)
        var orientation = Orientation.identity
        if !molecule.isPoint {
            if let guide {
                let chosen = guide.orientation(at: centre, &random)
                orientation = chosen.orientation
                density *= chosen.density
            } else {
                orientation = Orientation.uniform(&random)
            }
        }
        orientation.place(molecule, at: centre, into: &sums.places)
        let energy = host.energy(of: guest, at: sums.places)
        var exponent = -energy / temperatureKelvin
        // What is below e^-40 changes no sum.
        guard exponent > -40 else { return }
        if exponent > Self.largestExponent {
            exponent = Self.largestExponent
            sums.capped += 1
        }
        let weight = exp(exponent) / density
        // Only charges bring a molecule there with any weight.
        if host.ewald != nil || removesInsideWall, host.isInsideWall(guest, at: sums.places, factor: innerWall) {
            sums.insideWall += weight
            if removesInsideWall { return }
        }
        sums.add(weight, energy: energy)
    }

    /// Weights above the exponential of this are capped, so that their squares are finite.
    private static let largestExponent = 300.0
}

/// The sums of a series of insertions.
struct WidomSums {
    var places: [SIMD3<Double>] = []
    var capped = 0
    var insideWall = 0.0
    private var weights = 0.0
    private var energies = 0.0
    private var squares = 0.0
    private var largest = 0.0
    private var atHalf = 0.0
    /// What the sums were at the end of each block.
    private var marks: [(weights: Double, energies: Double)] = []

    mutating func add(_ weight: Double, energy: Double) {
        weights += weight
        energies += weight * energy
        squares += weight * weight
        largest = max(largest, weight)
    }

    /// Takes note where a block or half of the series ends.
    mutating func close(_ insertion: Int, of total: Int) {
        if insertion + 1 == total / 2 { atHalf = weights / Double(insertion + 1) }
        let blocks = BlockAverage.blockCount
        if (insertion + 1) * blocks / total > insertion * blocks / total { marks.append((weights, energies)) }
    }

    func result(_ run: WidomInsertion, _ host: HostPotential, cellMass: Double) -> WidomResult {
        let total = Double(run.insertions)
        let perBlock = total / Double(BlockAverage.blockCount)
        let before = [(weights: 0.0, energies: 0.0)] + marks
        let blocks = zip(marks, before).map { (weights: $0.weights - $1.weights, energies: $0.energies - $1.energies) }
        let mean = BlockAverage(value: weights / total, blocks: blocks.map { $0.weights / perBlock })
        // kg/m^3 is 1e27 / NA times g/mol over Å^3.
        let density = cellMass / host.crystal.cell.volume * 1e27 / PhysicalConstants.avogadro
        let factor = 1 / (PhysicalConstants.gas * run.temperatureKelvin * density)
        let henry = BlockAverage(value: mean.value * factor, standardError: mean.standardError * factor)
        var flags: [WidomResult.Flag] = []
        let share = weights > 0 ? largest / weights : 0
        let effective = weights > 0 ? weights / largest * weights / (squares / largest) : 0
        let wallShare = insideWall > 0 ? insideWall / (run.removesInsideWall ? weights + insideWall : weights) : 0
        let heat = heat(run, blocks)
        if weights > 0 {
            if share > 0.05 { flags.append(.largestWeight) }
            if effective < 400 { flags.append(.fewEffectiveInsertions) }
            if mean.error95 > 0.5 * mean.value { flags.append(.largeError) }
            if abs(atHalf - mean.value) > 3 * mean.standardError { flags.append(.drift) }
            if capped > 0 { flags.append(.cappedWeights) }
            if wallShare > 0.05 { flags.append(.coulombCollapse) }
            if let heat, heat.value > 100 { flags.append(.heatBeyondPhysisorption) }
        }
        if host.ewald != nil, abs(host.crystal.netCharge) > 0.01 { flags.append(.netCharge) }
        if weights == 0 { flags.append(.noAccessibleVolume) }
        return WidomResult(
            temperatureKelvin: run.temperatureKelvin, insertions: run.insertions, meanWeight: mean,
            henryCoefficient: henry, heatOfAdsorption: heat, effectiveInsertions: effective, largestWeightShare: share,
            cappedWeights: capped, insideWallShare: wallShare, flags: flags)
    }

    /// R T less the mean energy. Blocks without any weight say nothing about the heat.
    private func heat(_ run: WidomInsertion, _ blocks: [(weights: Double, energies: Double)]) -> BlockAverage? {
        guard weights > 0 else { return nil }
        func heat(_ weights: Double, _ energies: Double) -> Double {
            (run.temperatureKelvin - energies / weights) * PhysicalConstants.kilojoulesPerMolePerKelvin
        }
        let values = blocks.filter { $0.weights > 0 }.map { heat($0.weights, $0.energies) }
        guard values.count > 1 else { return BlockAverage(value: heat(weights, energies), standardError: .infinity) }
        return BlockAverage(value: heat(weights, energies), blocks: values)
    }
}
