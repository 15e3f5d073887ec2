/// How the candidates of a search are chosen.
public enum SearchStrategy: UInt64, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// By what a surrogate learned from those before.
    case learned = 0
    /// In the random order of the seed: what learning is measured against.
    case random = 1

    /// `search` or `random`, as in the tables.
    public var description: String { self == .learned ? "search" : "random" }
}

/// A framework that is to be made and evaluated, and why: where it comes from goes with it through all stages.
public struct SearchProposal: Sendable, Hashable {
    /// Why a candidate was chosen.
    public enum Origin: String, Sendable, Hashable, CaseIterable {
        /// It was next in the random order.
        case random
        /// Of many random ones the surrogate thought the most of it.
        case pool
        /// It differs from one of the best in one linker, and the surrogate thought much of it.
        case neighbour
    }

    /// Whose proposal it is.
    public let strategy: SearchStrategy
    /// Its number among the proposals of its strategy, from 1 on.
    public let evaluation: Int
    /// The round of the loop, from 1 on.
    public let round: Int
    /// The number of the candidate in its space.
    public let number: Int
    /// How many observations the surrogate had learned from.
    public let modelVersion: Int
    /// What the surrogate expected, in units of `SearchTarget.learned`; nil for random ones.
    public let prediction: Prediction?
    /// The number of the candidate whose neighbour it is; nil for others.
    public let parent: Int?

    /// Why it was chosen.
    public var origin: Origin { prediction == nil ? .random : parent == nil ? .pool : .neighbour }
}
