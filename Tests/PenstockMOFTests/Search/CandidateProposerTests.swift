import Foundation
import Testing

@testable import PenstockMOF

@Suite struct CandidateProposerTests {
    private static let space = CandidateSpace(linkers: Array(Linker.library.prefix(30)))

    private static func proposer(freeRunning: Bool = false) -> CandidateProposer {
        var settings = CandidateProposer.Settings()
        (settings.budget, settings.roundSize, settings.seed, settings.isFreeRunning) = (35, 10, 5, freeRunning)
        settings.search.warmUp = 10
        return CandidateProposer(space: space, settings: settings)
    }

    /// The density, known before a framework is made; nothing for every seventh.
    private static func outcome(_ proposal: SearchProposal) -> SearchOutcome {
        let density = space.features(of: space[proposal.number])[1]
        return SearchOutcome(
            strategy: proposal.strategy, evaluation: proposal.evaluation, number: proposal.number,
            target: proposal.number.isMultiple(of: 7) ? nil : density)
    }

    /// All proposals, where the outcomes of each round come in an order of its own and the memory is written and read back between them.
    private static func run(_ strategy: SearchStrategy, reversed: Bool) throws -> [SearchProposal] {
        let proposer = proposer()
        var memory = CandidateProposer.Memory()
        var all: [SearchProposal] = []
        var round = proposer.next(strategy, &memory)
        while !round.isEmpty {
            all += round
            for proposal in reversed ? round.reversed() : round {
                #expect(memory.outcomes.count < memory.expected)
                memory.take(outcome(proposal))
                if reversed {
                    memory = try JSONDecoder().decode(
                        CandidateProposer.Memory.self, from: JSONEncoder().encode(memory))
                }
            }
            #expect(memory.outcomes.count == memory.expected)
            round = proposer.next(strategy, &memory)
        }
        return all
    }

    @Test(
        "the order of outcomes and a restart change no proposal, and the budget is kept",
        arguments: SearchStrategy.allCases)
    func rounds(strategy: SearchStrategy) throws {
        let all = try Self.run(strategy, reversed: false)
        #expect(try Self.run(strategy, reversed: true) == all)
        #expect(all.map(\.evaluation) == Array(1...35) && Set(all.map(\.number)).count == 35)
        #expect(all.map(\.round) == (0..<35).map { $0 / 10 + 1 })
        if strategy == .random {
            let order = (0..<35).map { Self.space.candidate(seed: 5, place: $0).number }
            #expect(all.map(\.number) == order && all.allSatisfy { $0.origin == .random && $0.modelVersion == 0 })
        } else {
            #expect(all.dropFirst(10).contains { $0.origin == .neighbour })
            for proposal in all.dropFirst(10) {
                #expect((2...10 * (proposal.round - 1)).contains(proposal.modelVersion))
            }
        }
    }

    @Test("nothing is proposed when the time is up")
    func timeIsUp() {
        let proposer = Self.proposer()
        var memory = CandidateProposer.Memory()
        for proposal in proposer.next(.learned, &memory) {
            memory.take(Self.outcome(proposal).noting(timeIsUp: proposal.evaluation == 4))
        }
        #expect(proposer.next(.learned, &memory).isEmpty && memory.proposed == 10)
    }

    @Test("a search that runs freely goes on behind half a round, until as many have come as the budget has")
    func freeRunning() {
        let proposer = Self.proposer(freeRunning: true)
        var memory = CandidateProposer.Memory()
        var waiting = proposer.next(.learned, &memory)
        var evaluated = 0
        while let newest = waiting.popLast() {
            memory.take(Self.outcome(newest))
            evaluated += 1
            guard memory.outcomes.count >= memory.expected else { continue }
            #expect(memory.outcomes.count == 5)
            waiting = Array((waiting + proposer.next(.learned, &memory)).suffix(10))
        }
        #expect((35...45).contains(evaluated) && memory.proposed > evaluated)
    }
}
