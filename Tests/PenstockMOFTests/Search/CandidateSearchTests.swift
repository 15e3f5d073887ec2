import Foundation
import Testing

@testable import PenstockMOF

@Suite struct CandidateSearchTests {
    private static let space = CandidateSpace(linkers: Array(Linker.library.prefix(40)))

    /// A smooth measure with an optimum inside: frameworks of medium density with nitrogen are the best.
    private static func score(_ candidate: CandidateSpace.Candidate) -> Double {
        let features = Dictionary(
            uniqueKeysWithValues: zip(CandidateSpace.featureNames, space.features(of: candidate)))
        let density = features["density_g_cm3"]! - 0.8
        return features["N_nm3"]! - 40 * density * density
    }

    private static func run(seed: UInt64, budget: Int, batch: Int) -> [CandidateSearch.Proposal] {
        var search = CandidateSearch(space: space, seed: seed)
        var all: [CandidateSearch.Proposal] = []
        while all.count < budget {
            let proposals = search.propose(batch)
            search.observe(proposals.map { ($0.candidate, score($0.candidate)) })
            all += proposals
        }
        return all
    }

    private static func meanOfBest(_ scores: [Double]) -> Double { scores.sorted(by: >).prefix(10).reduce(0, +) / 10 }

    @Test("the mean of the best 10 at half of the budget beats the random order for every one of 5 seeds")
    func beatsRandom() {
        for seed in 1...5 {
            let found = Self.run(seed: UInt64(seed), budget: 60, batch: 10).map { Self.score($0.candidate) }
            let random = (0..<60).map { Self.score(Self.space.candidate(seed: UInt64(seed), place: $0)) }
            let (best, chance) = (Self.meanOfBest(Array(found.prefix(40))), Self.meanOfBest(Array(random.prefix(40))))
            #expect(best > chance, "seed \(seed)")
        }
    }

    @Test("the same seed proposes the same, each candidate once, with versions that rise")
    func repeats() {
        let proposals = Self.run(seed: 7, budget: 40, batch: 5)
        #expect(proposals == Self.run(seed: 7, budget: 40, batch: 5))
        #expect(Set(proposals.map(\.candidate.number)).count == 40)
        #expect(zip(proposals, proposals.dropFirst()).allSatisfy { $0.modelVersion <= $1.modelVersion })
        #expect(proposals.prefix(20).allSatisfy { $0.prediction == nil && $0.modelVersion == 0 })
        #expect(proposals.dropFirst(20).filter { $0.prediction == nil }.count == 2)
    }

    @Test("a search goes on from what another one remembers, and names the parents of neighbours")
    func memory() throws {
        var whole = CandidateSearch(space: Self.space, seed: 3)
        var broken = whole
        for _ in 0..<6 {
            let proposals = whole.propose(8)
            #expect(broken.propose(8) == proposals)
            let observations = proposals.map { ($0.candidate, Self.score($0.candidate)) }
            whole.observe(observations)
            broken.observe(observations)
            for proposal in proposals {
                guard let parent = proposal.parent else { continue }
                #expect(Self.space.neighbours(of: parent).contains(proposal.candidate) && proposal.prediction != nil)
            }
            let kept = try JSONEncoder().encode(broken.memory)
            broken = CandidateSearch(
                space: Self.space, seed: 3, memory: try JSONDecoder().decode(CandidateSearch.Memory.self, from: kept))
        }
        #expect(whole.modelVersion == 48)
    }

    @Test("a space is used up once, and values that are not finite teach nothing")
    func exhaustion() {
        let small = CandidateSpace(linkers: Array(Linker.library.prefix(4)))
        var settings = CandidateSearch.Settings()
        settings.warmUp = 4
        var search = CandidateSearch(space: small, settings: settings, seed: 1)
        var seen: [Int] = []
        while true {
            let proposals = search.propose(3)
            if proposals.isEmpty { break }
            search.observe(proposals.map { ($0.candidate, $0.candidate.number.isMultiple(of: 3) ? .nan : 1) })
            seen += proposals.map(\.candidate.number)
        }
        #expect(seen.sorted() == Array(0..<20) && search.modelVersion == 13)
    }
}
