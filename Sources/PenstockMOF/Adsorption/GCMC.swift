internal import Glibc

/// Grand-canonical Monte Carlo: the loading of a rigid framework with rigid molecules at a temperature and fugacities.
///
/// D. J. Adams, Mol. Phys. 1975, 29, 307, DOI 10.1080/00268977500100221; the rules of acceptance as in D. Frenkel, B. Smit, "Understanding
/// Molecular Simulation", 2002, section 5.6. A cycle is as many moves as there are molecules, 20 at least, as in RASPA.
public struct GCMC: Sendable, Hashable {
    /// A kind of move.
    public enum Move: String, Sendable, Hashable, CaseIterable {
        /// A molecule is shifted a little.
        case translation
        /// A molecule is turned a little.
        case rotation
        /// A molecule is put anywhere in the box.
        case reinsertion
        /// A molecule comes in.
        case insertion
        /// A molecule leaves.
        case deletion
    }

    /// The temperature in K, above zero.
    public var temperatureKelvin: Double
    /// The fugacity in Pa of each of the host's guests; none of a guest with zero.
    public var fugacitiesPascal: [Double]
    /// Cycles before averages begin; steps are tuned in these only.
    public var initialCycles: Int
    /// Cycles that averages are taken over, five at least.
    public var cycles: Int
    /// Where no guest goes, in the framework's cell; nil where all of it is open.
    public var blocked: BlockedRegions?
    /// Points of the grid that guides insertions are this far apart at most, in Å; nil for uniform insertions.
    ///
    /// Molecules come in, and are put elsewhere, more often where the framework and the other molecules leave room for them; the rules of
    /// acceptance take that out again (configurational bias: J. I. Siepmann, D. Frenkel, Mol. Phys. 1992, 75, 59,
    /// DOI 10.1080/00268979200100061).
    public var guideSpacing: Double?
    /// The seed of the run.
    public var seed: UInt64

    /// A simulation.
    /// - Precondition: Temperature above zero, no negative fugacity, five cycles at least.
    public init(
        temperatureKelvin: Double = 298, fugacitiesPascal: [Double], initialCycles: Int, cycles: Int,
        blocked: BlockedRegions? = nil, guideSpacing: Double? = 0.8, seed: UInt64 = 1
    ) {
        precondition(temperatureKelvin > 0 && temperatureKelvin.isFinite, "a temperature is above zero")
        precondition(fugacitiesPascal.allSatisfy { $0 >= 0 && $0.isFinite }, "a fugacity is not negative")
        precondition(initialCycles >= 0 && cycles >= BlockAverage.blockCount, "five blocks need five cycles")
        self.temperatureKelvin = temperatureKelvin
        self.fugacitiesPascal = fugacitiesPascal
        self.initialCycles = initialCycles
        self.cycles = cycles
        self.blocked = blocked
        self.guideSpacing = guideSpacing
        self.seed = seed
    }

    /// Runs the simulation from an empty framework.
    /// - Parameters:
    ///   - cellMass: The mass of the framework's cell in g/mol.
    ///   - key: What the structure is called in the run; with the seed it fixes the random numbers.
    /// - Precondition: There is a fugacity for each of the host's guests.
    public func run(_ energies: HostEnergy, cellMass: Double, key: String) -> GCMCResult {
        precondition(fugacitiesPascal.count == energies.host.guests.count, "a fugacity for each guest")
        var simulation = GCMCSimulation(self, energies, key: key)
        for _ in 0..<initialCycles {
            simulation.cycle()
            simulation.tuneSteps()
        }
        simulation.beginProduction()
        let guests = energies.host.guests.count
        // For each block the sums of the numbers of molecules, and of the energy at the end.
        var blocks = [[Double]](
            repeating: [Double](repeating: 0, count: guests + 1), count: BlockAverage.blockCount)
        var lengths = [Double](repeating: 0, count: BlockAverage.blockCount)
        for cycle in 0..<cycles {
            simulation.cycle()
            let block = cycle * BlockAverage.blockCount / cycles
            lengths[block] += 1
            for guest in 0..<guests { blocks[block][guest] += Double(simulation.system.counts[guest]) }
            blocks[block][guests] += simulation.system.energy
        }
        let averages = (0...guests).map { column in
            BlockAverage(
                value: blocks.reduce(0) { $0 + $1[column] } / Double(cycles),
                blocks: zip(blocks, lengths).map { $0[column] / $1 }
            ).scaled(by: 1 / Double(simulation.system.cellCount))
        }
        return simulation.result(
            perCell: Array(averages.dropLast()), energy: averages[guests], cellMass: cellMass)
    }
}

extension BlockAverage {
    /// The value and its error times a factor.
    func scaled(by factor: Double) -> BlockAverage {
        BlockAverage(value: value * factor, standardError: standardError * abs(factor))
    }
}
