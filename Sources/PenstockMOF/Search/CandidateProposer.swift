public import Penstock

/// The generator of a search: takes what evaluations gave, round by round, and proposes what to evaluate next.
///
/// The key is the strategy. All that it remembers is in its state, so that a run that goes on from a checkpoint proposes what an undisturbed one
/// does. A round is taken in when all of it has come, in the order of its numbers: neither the pace of evaluations nor the order in which they
/// end has a say.
///
/// A search that runs freely does not wait for its rounds: whenever half as many outcomes have come as a round has, the surrogate learns, and a new
/// round goes ahead of what still waits. What it finds depends on the pace.
public struct CandidateProposer: KeyedProcess {
    /// How a search goes.
    public struct Settings: Sendable, Hashable {
        /// How many candidates are evaluated.
        public var budget = 200
        /// How many are proposed at a time.
        public var roundSize = 10
        /// How the surrogate chooses.
        public var search = CandidateSearch.Settings()
        /// Whether it does not wait for its rounds.
        public var isFreeRunning = false
        /// The seed of the random order.
        public var seed: UInt64 = 1

        /// A search as it is unless something else is asked for.
        public init() {}
    }

    /// What a search remembers between rounds.
    struct Memory: Sendable, Hashable, Codable {
        var search = CandidateSearch.Memory()
        /// The outcomes of this round that have come.
        var outcomes: [Outcome] = []
        /// How many candidates have been proposed.
        var proposed = 0
        /// How many outcomes have come.
        var evaluated = 0
        var round = 0
        /// How many outcomes it takes for the next round.
        var expected = 0
        var timeIsUp = false
    }

    struct Outcome: Sendable, Hashable, Codable {
        let evaluation: Int
        let number: Int
        let target: Double?
    }

    private let space: CandidateSpace
    private let settings: Settings
    private let memory = ValueState("search", of: Memory.self)

    /// The generator of candidates of a space.
    public init(space: CandidateSpace, settings: Settings) {
        precondition(settings.budget > 0 && settings.roundSize > 0, "a search evaluates something")
        (self.space, self.settings) = (space, settings)
    }

    /// Takes an outcome in, and where the round is full puts out the proposals of the next.
    public func process(
        _ outcome: SearchOutcome, state: KeyedState, timers: inout KeyTimers,
        output: inout ProcessOutput<SearchProposal>, context: ProcessContext<UInt64>
    ) {
        guard let strategy = SearchStrategy(rawValue: context.key) else { return }
        var memory = state[memory, default: Memory()]
        if outcome.evaluation > 0 { memory.take(outcome) }
        if memory.outcomes.count >= memory.expected {
            for proposal in next(strategy, &memory) { output.append(proposal) }
        }
        state[self.memory] = memory
    }

    /// The proposals of the next round; none where the budget or the time is used up.
    func next(_ strategy: SearchStrategy, _ memory: inout Memory) -> [SearchProposal] {
        var settings = self.settings.search
        // What is never warm enough stays with the random order.
        if strategy == .random { settings.warmUp = .max }
        var search = CandidateSearch(space: space, settings: settings, seed: self.settings.seed, memory: memory.search)
        search.observe(
            memory.outcomes.sorted { $0.evaluation < $1.evaluation }.map {
                (space[$0.number], $0.target ?? .nan)
            })
        memory.outcomes = []
        // Of what was proposed freely some never comes.
        let used = self.settings.isFreeRunning ? memory.evaluated : memory.proposed
        let count = memory.timeIsUp ? 0 : max(0, min(self.settings.roundSize, self.settings.budget - used))
        let proposals = count > 0 ? search.propose(count) : []
        memory.search = search.memory
        memory.round += 1
        memory.expected = self.settings.isFreeRunning ? max(1, self.settings.roundSize / 2) : proposals.count
        let first = memory.proposed + 1
        memory.proposed += proposals.count
        return proposals.enumerated().map { place, proposal in
            SearchProposal(
                strategy: strategy, evaluation: first + place, round: memory.round, number: proposal.candidate.number,
                modelVersion: proposal.modelVersion, prediction: proposal.prediction, parent: proposal.parent?.number)
        }
    }
}

extension CandidateProposer.Memory {
    mutating func take(_ outcome: SearchOutcome) {
        timeIsUp = timeIsUp || outcome.timeIsUp != 0
        evaluated += 1
        outcomes.append(
            CandidateProposer.Outcome(
                evaluation: Int(outcome.evaluation), number: Int(outcome.number),
                target: outcome.target.isFinite ? outcome.target : nil))
    }
}
