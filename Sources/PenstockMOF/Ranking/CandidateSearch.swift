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
    }

    /// What can be proposed.
    public let space: CandidateSpace
    /// How it searches.
    public let settings: Settings
    /// How many observations there were that the surrogate can learn from.
    public private(set) var modelVersion = 0
    private let order: CandidateOrder
    /// How far the random order is used up.
    private var place = 0
    private var proposed: Set<Int> = []
    private var proposalCount = 0
    /// The newest observations, the oldest first.
    private var window: [(number: Int, target: Double)] = []
    private var best: [(number: Int, target: Double)] = []

    /// A search from the beginning.
    public init(space: CandidateSpace, settings: Settings = Settings(), seed: UInt64) {
        precondition(settings.warmUp > 1 && settings.poolSize > 0, "a surrogate needs two observations and a pool")
        precondition(
            (2...KernelRidge.rowsMax).contains(settings.windowMax), "a window has 2 to \(KernelRidge.rowsMax) rows")
        (self.space, self.settings) = (space, settings)
        order = CandidateOrder(count: space.count, seed: seed)
    }

    /// The next candidates to evaluate, each proposed once ever; fewer than `count` only where the space is used up.
    ///
    /// Takes time of the cube of the window, and of its square for each candidate looked at.
    public mutating func propose(_ count: Int) -> [Proposal] {
        guard proposalCount >= settings.warmUp, let model = surrogate() else {
            return (0..<count).compactMap { _ in nextRandom().map { take($0, nil, version: 0) } }
        }
        var ranked = pool().map { ($0, model.prediction(of: space.features(of: $0))) }
        ranked.sort { left, right in
            let (one, other) = (bound(left.1), bound(right.1))
            return one != other ? one > other : left.0.name < right.0.name
        }
        var proposals: [Proposal] = []
        var rest = ranked[...]
        while proposals.count < count {
            let isRandom = settings.randomEvery > 0 && (proposalCount + 1).isMultiple(of: settings.randomEvery)
            if !isRandom, let (candidate, prediction) = rest.popFirst() {
                guard !proposed.contains(candidate.number) else { continue }
                proposals.append(take(candidate, prediction, version: modelVersion))
            } else if let candidate = nextRandom() {
                proposals.append(take(candidate, nil, version: modelVersion))
            } else if rest.isEmpty {
                break
            } else {
                // Nothing random is left: the rest of the pool.
                let (candidate, prediction) = rest.removeFirst()
                guard !proposed.contains(candidate.number) else { continue }
                proposals.append(take(candidate, prediction, version: modelVersion))
            }
        }
        return proposals
    }

    /// Takes note of what evaluations gave. What is not finite, such as for a structure that failed, teaches nothing.
    /// - Parameter observations: Candidates with what they are ranked by, higher is better; in an order that repeats.
    public mutating func observe(_ observations: [(candidate: CandidateSpace.Candidate, target: Double)]) {
        for (candidate, target) in observations where target.isFinite {
            proposed.insert(candidate.number)
            window.append((candidate.number, target))
            best.append((candidate.number, target))
            modelVersion += 1
        }
        window.removeFirst(max(0, window.count - settings.windowMax))
        let known = space
        best.sort { $0.target != $1.target ? $0.target > $1.target : known[$0.number].name < known[$1.number].name }
        best.removeLast(max(0, best.count - settings.parents))
    }

    /// The surrogate of the window; nil where there are too few observations.
    public func surrogate() -> KernelRidge? {
        KernelRidge(window.map { (space.features(of: space[$0.number]), $0.target) })
    }

    private func bound(_ prediction: Prediction) -> Double {
        prediction.mean + settings.exploration * prediction.standardDeviation
    }

    /// What the surrogate looks at: candidates never proposed, each once.
    private func pool() -> [CandidateSpace.Candidate] {
        var seen = proposed
        var pool: [CandidateSpace.Candidate] = []
        var ahead = place
        while pool.count < settings.poolSize, ahead < space.count {
            let candidate = space[order[ahead]]
            if seen.insert(candidate.number).inserted { pool.append(candidate) }
            ahead += 1
        }
        for parent in best {
            for neighbour in space.neighbours(of: space[parent.number]) where seen.insert(neighbour.number).inserted {
                pool.append(neighbour)
            }
        }
        return pool
    }

    private mutating func nextRandom() -> CandidateSpace.Candidate? {
        while place < space.count {
            let candidate = space[order[place]]
            place += 1
            if !proposed.contains(candidate.number) { return candidate }
        }
        return nil
    }

    private mutating func take(
        _ candidate: CandidateSpace.Candidate, _ prediction: Prediction?, version: Int
    ) -> Proposal {
        proposed.insert(candidate.number)
        proposalCount += 1
        return Proposal(candidate: candidate, prediction: prediction, modelVersion: version)
    }
}
