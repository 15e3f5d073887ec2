import ArgumentParser
import Foundation
import PenstockBenchmarks
import PenstockMOF

/// What learning is worth: a search for a high Henry coefficient beside the same number of evaluations in random order, for several seeds.
///
/// The decisions are those of `MOFScreening generate --target henry`, round by round, without the engine and the pores: what the validity screen
/// rejects, or has the bonds of an earlier one, has no value. Both strategies begin with the same random frameworks.
struct SearchBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loop", abstract: "Search for frameworks against random order, seed by seed.")

    @Option(help: "Frameworks evaluated by each strategy and seed.") var budget = 200
    @Option(help: "Frameworks proposed at a time.") var round = 10
    @Option(help: "Seeds, from 1 on.") var seeds = 5
    @Option(help: "Widom insertions in each framework.") var insertions = 1000
    @Option(help: "Print the curves at every so manieth evaluation.") var step = 20
    @Flag(help: "Print JSON, without the curves.") var json = false

    func validate() throws {
        guard (40...100_000).contains(budget), (1...1000).contains(round), (1...1000).contains(seeds),
            insertions >= 100, step > 0
        else {
            throw ValidationError(
                "--budget takes 40 or more, --round and --seeds 1 to 1000, --insertions 100 or more, --step 1 or more")
        }
    }

    func run() async throws {
        let space = CandidateSpace()
        let evaluations = Evaluations(space, insertions: insertions)
        var (wins, learnedMeans, randomMeans) = (0, 0.0, 0.0)
        var searchSeconds = 0.0
        for seed in 1...UInt64(seeds) {
            var search = CandidateSearch(space: space, seed: seed)
            var learned: [Double?] = []
            var (seen, seenAtRandom): (Set<String>, Set<String>) = ([], [])
            while learned.count < budget {
                let start = ProcessorTime.processNanoseconds
                let proposals = search.propose(min(round, budget - learned.count)).map(\.candidate)
                searchSeconds += (ProcessorTime.processNanoseconds - start) * 1e-9
                let values = await evaluations.values(of: proposals, seen: &seen)
                search.observe(zip(proposals, values).map { ($0, log10($1 ?? .nan)) })
                learned += values
            }
            let order = (0..<budget).map { space.candidate(seed: seed, place: $0) }
            let random = await evaluations.values(of: order, seen: &seenAtRandom)
            let curves = [SearchCurve(.learned, learned), SearchCurve(.random, random)]
            if !json { show(curves, seed) }
            let halves = curves.compactMap { $0.mean(after: budget / 2) }
            guard halves.count == 2 else { continue }
            if halves[0] > halves[1] { wins += 1 }
            learnedMeans += halves[0] / Double(seeds)
            randomMeans += halves[1] / Double(seeds)
        }
        var figures = FigureList()
        figures.add("seeds", Double(seeds))
        figures.add("seeds_ahead_at_half", Double(wins))
        figures.add("half_budget", Double(budget / 2))
        figures.add("mean_of_20_search_umol_kg_pa", learnedMeans * 1e6)
        figures.add("mean_of_20_random_umol_kg_pa", randomMeans * 1e6)
        figures.add("evaluations", Double(evaluations.count))
        figures.add("cpu_s_per_evaluation", evaluations.seconds / Double(max(1, evaluations.count)))
        figures.add("cpu_s_of_search", searchSeconds)
        figures.print(json: json)
    }

    private func show(_ curves: [SearchCurve], _ seed: UInt64) {
        print("seed \(seed): mean Henry coefficient of the best 20 in mol/(kg Pa)")
        print("  evaluations  search     random")
        for count in stride(from: step, through: budget, by: step) {
            let means = curves.map { curve in curve.mean(after: count).map { String(format: "%.3e", $0) } ?? "-" }
            print("  \(String(format: "%11d", count))  \(means.joined(separator: "  "))")
        }
    }
}

/// The Henry coefficients of frameworks for CO2 at 298 K, each computed once.
private final class Evaluations {
    private let space: CandidateSpace
    private let tier: WidomTier
    private var known: [Int: ScreeningResult] = [:]
    /// Processor time of all evaluations.
    private(set) var seconds = 0.0

    init(_ space: CandidateSpace, insertions: Int) {
        self.space = space
        tier = WidomTier(AdsorptionConditions(), insertions: insertions)
    }

    /// How many frameworks were evaluated.
    var count: Int { known.count }

    /// In mol/(kg Pa), in the order of the candidates; nil for those that are rejected.
    func values(of candidates: [CandidateSpace.Candidate], seen: inout Set<String>) async -> [Double?] {
        let missing = candidates.filter { known[$0.number] == nil }
        let results = await withTaskGroup(of: (Int, ScreeningResult).self) { [space, tier] group in
            for candidate in missing {
                group.addTask {
                    let crystal = space.crystal(of: candidate)
                    let file = StructureFile(
                        name: crystal.name, format: .cif, bytes: Array(crystal.cif.text.utf8))
                    let screened = Candidate(file).screened(by: ValidityTier()).screened(by: tier)
                    return (candidate.number, screened.result)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for (number, result) in results {
            known[number] = result
            seconds += result.cpuSeconds
        }
        return candidates.map { candidate in
            guard let result = known[candidate.number], seen.insert(result.graphHash ?? candidate.name).inserted else {
                return nil
            }
            return SearchTarget.henryCoefficient.value(result)
        }
    }
}
