/// The candidates that no other beats in all objectives at once; all objectives are to be high.
///
/// One dominates another where it is nowhere worse and somewhere better. The front is exact and does not depend on the order of arrival.
public struct ParetoFront: Sendable, Hashable {
    /// A candidate of the front.
    public struct Member: Sendable, Hashable {
        /// What it is called.
        public let name: String
        /// Its values in the order of the objectives.
        public let values: [Double]

        /// Whether it is nowhere worse than another, and somewhere better.
        public func dominates(_ other: Member) -> Bool {
            var isBetter = false
            for (own, others) in zip(values, other.values) {
                if own < others { return false }
                isBetter = isBetter || own > others
            }
            return isBetter
        }

        /// By falling values, the first objective first, then by name.
        fileprivate func isBefore(_ other: Member) -> Bool {
            for (own, others) in zip(values, other.values) where own != others { return own > others }
            return name < other.name
        }
    }

    /// How many objectives there are.
    public let objectiveCount: Int
    /// The front by falling values of the first objective, then of the next; equal candidates by name.
    public private(set) var members: [Member] = []

    /// An empty front.
    public init(objectiveCount: Int) {
        precondition(objectiveCount > 0, "a front has an objective")
        self.objectiveCount = objectiveCount
    }

    /// Takes a candidate in where none dominates it, and drops those that it dominates. To have an objective low, negate it.
    ///
    /// A candidate with a value that is not a number is not taken; one with the name and the values of a member is that member.
    public mutating func add(name: String, values: [Double]) {
        precondition(values.count == objectiveCount, "a candidate has \(objectiveCount) values")
        let member = Member(name: name, values: values)
        if values.contains(where: \.isNaN) { return }
        if members.contains(where: { $0 == member || $0.dominates(member) }) { return }
        members.removeAll { member.dominates($0) }
        members.insert(member, at: members.firstIndex { member.isBefore($0) } ?? members.count)
    }

    /// Takes in the front of another window.
    public mutating func merge(_ other: ParetoFront) {
        for member in other.members { add(name: member.name, values: member.values) }
    }
}
