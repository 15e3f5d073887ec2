/// The decision of a screening loop: which candidates to evaluate next, by what a surrogate learned from those before.
///
/// A value without clocks, threads or hidden state: the same space, settings and observations in the same order give the same proposals, so a
/// stage can checkpoint and replay it. First come candidates of the seed's random order; then those with the highest upper confidence bound,
/// mean plus `exploration` standard deviations, among new random ones and the neighbours of the best. P. Auer, Journal of Machine Learning
/// Research 3 (2002) 397; N. Srinivas et al., IEEE Trans. Inf. Theory 58 (2012) 3250, DOI 10.1109/TIT.2011.2182033.
public struct CandidateSearch: Sendable {
    /// How to search.
    public struct Settings: Sendable, Hashable {
        /// Random candidates before the surrogate has a say, two at least.
        public var warmUp = 20
        /// How many random candidates the surrogate looks at in a round.
        public var poolSize = 500
        /// The neighbours of how many of the best it looks at.
        public var parents = 3
        /// How many standard deviations are added to the mean: 0 takes the best guess, more explores more.
        public var exploration = 1.0
        /// Every so manieth proposal is random, so that the surrogate also sees what it does not believe in; 0 for none.
        public var randomEvery = 10
        /// How many observations the surrogate learns from, the newest, `KernelRidge.rowsMax` at most.
        public var windowMax = 512

        /// Settings as they are unless something else is asked for.
        public init() {}
    }

    /// A candidate that is to be evaluated.
    public struct Proposal: Sendable, Hashable {
        /// The candidate.
        public let candidate: CandidateSpace.Candidate
        /// What the surrogate expected of it; nil for random ones.
        public let prediction: Prediction?
        /// How many observations the surrogate had learned from; 0 where there was none. It rises, and belongs into every event.
        public let modelVersion: Int
        /// The one of the best so far from which the candidate differs in one linker; nil where it comes from the random order.
        public let parent: CandidateSpace.Candidate?
    }

    /// All that a search remembers: with the same space, settings and seed another one goes on from it.
    public struct Memory: Sendable, Hashable, Codable {
        struct Observation: Sendable, Hashable, Codable {
            let number: Int
            let target: Double
        }

        var modelVersion = 0
        /// How far the random order is used up.
        var place = 0
        var proposalCount = 0
        /// The numbers of all that need not be proposed again, in the order in which they came.
        var known: [Int] = []
        /// The newest observations, the oldest first.
        var window: [Observation] = []
        /// The best observations, the best first.
        var best: [Observation] = []

        /// Nothing.
        public init() {}
    }

    /// What can be proposed.
    public let space: CandidateSpace
    /// How it searches.
    public let settings: Settings
    /// What it remembers.
    public private(set) var memory: Memory
    private let order: CandidateOrder
    /// What `memory.known` has.
    private var proposed: Set<Int>

    /// How many observations there were that the surrogate can learn from.
    public var modelVersion: Int { memory.modelVersion }

    /// A search from the beginning, or from where another one of the same space, settings and seed has come to.
    public init(space: CandidateSpace, settings: Settings = Settings(), seed: UInt64, memory: Memory = Memory()) {
        precondition(settings.warmUp > 1 && settings.poolSize > 0, "a surrogate needs two observations and a pool")
        precondition(
            (2...KernelRidge.rowsMax).contains(settings.windowMax), "a window has 2 to \(KernelRidge.rowsMax) rows")
        (self.space, self.settings, self.memory) = (space, settings, memory)
        proposed = Set(memory.known)
        order = CandidateOrder(count: space.count, seed: seed)
    }

    /// The next candidates to evaluate, each proposed once ever; fewer than `count` only where the space is used up.
    ///
    /// Takes time of the cube of the window, and of its square for each candidate looked at.
    public mutating func propose(_ count: Int) -> [Proposal] {
        guard memory.proposalCount >= settings.warmUp, let model = surrogate() else {
            return (0..<count).compactMap { _ in nextRandom().map { take(Choice(candidate: $0), version: 0) } }
        }
        var ranked = pool()
        for place in ranked.indices {
            ranked[place].prediction = model.prediction(of: space.features(of: ranked[place].candidate))
        }
        ranked.sort { left, right in
            let (one, other) = (bound(left), bound(right))
            return one != other ? one > other : left.candidate.name < right.candidate.name
        }
        var proposals: [Proposal] = []
        var rest = ranked[...]
        while proposals.count < count {
            let isRandom = settings.randomEvery > 0 && (memory.proposalCount + 1).isMultiple(of: settings.randomEvery)
            // Where nothing random is left there is the rest of the pool.
            let random = isRandom || rest.isEmpty ? nextRandom().map { Choice(candidate: $0) } : nil
            guard let choice = random ?? rest.popFirst() else { break }
            guard !proposed.contains(choice.candidate.number) else { continue }
            proposals.append(take(choice, version: modelVersion))
        }
        return proposals
    }

    /// Takes note of what evaluations gave. What is not finite, such as for a structure that failed, teaches nothing.
    /// - Parameter observations: Candidates with what they are ranked by, higher is better; in an order that repeats.
    public mutating func observe(_ observations: [(candidate: CandidateSpace.Candidate, target: Double)]) {
        for (candidate, target) in observations where target.isFinite {
            note(candidate)
            let observation = Memory.Observation(number: candidate.number, target: target)
            memory.window.append(observation)
            memory.best.append(observation)
            memory.modelVersion += 1
        }
        memory.window.removeFirst(max(0, memory.window.count - settings.windowMax))
        let all = space
        memory.best.sort {
            $0.target != $1.target ? $0.target > $1.target : all[$0.number].name < all[$1.number].name
        }
        memory.best.removeLast(max(0, memory.best.count - settings.parents))
    }

    /// The surrogate of the window; nil where there are too few observations.
    public func surrogate() -> KernelRidge? {
        KernelRidge(memory.window.map { (space.features(of: space[$0.number]), $0.target) })
    }

    /// A candidate that could be proposed.
    private struct Choice {
        let candidate: CandidateSpace.Candidate
        var parent: CandidateSpace.Candidate?
        var prediction: Prediction?
    }

    private func bound(_ choice: Choice) -> Double {
        guard let prediction = choice.prediction else { return -.infinity }
        return prediction.mean + settings.exploration * prediction.standardDeviation
    }

    /// What the surrogate looks at: candidates never proposed, each once.
    private func pool() -> [Choice] {
        var seen = proposed
        var pool: [Choice] = []
        var ahead = memory.place
        while pool.count < settings.poolSize, ahead < space.count {
            let candidate = space[order[ahead]]
            if seen.insert(candidate.number).inserted { pool.append(Choice(candidate: candidate)) }
            ahead += 1
        }
        for parent in memory.best.map({ space[$0.number] }) {
            for neighbour in space.neighbours(of: parent) where seen.insert(neighbour.number).inserted {
                pool.append(Choice(candidate: neighbour, parent: parent))
            }
        }
        return pool
    }

    private mutating func nextRandom() -> CandidateSpace.Candidate? {
        while memory.place < space.count {
            let candidate = space[order[memory.place]]
            memory.place += 1
            if !proposed.contains(candidate.number) { return candidate }
        }
        return nil
    }

    private mutating func take(_ choice: Choice, version: Int) -> Proposal {
        note(choice.candidate)
        memory.proposalCount += 1
        return Proposal(
            candidate: choice.candidate, prediction: choice.prediction, modelVersion: version, parent: choice.parent)
    }

    private mutating func note(_ candidate: CandidateSpace.Candidate) {
        if proposed.insert(candidate.number).inserted { memory.known.append(candidate.number) }
    }
}
