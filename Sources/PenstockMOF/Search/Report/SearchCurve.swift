/// How good the best of a search were after each evaluation.
public struct SearchCurve: Sendable, Hashable {
    /// Whose curve it is.
    public let strategy: SearchStrategy
    /// How many of the best a point is the mean of.
    public let bestCount: Int
    /// The number of evaluations and the mean of the best by then, from the first evaluation on by which there are as many.
    public let points: [Point]

    /// A point of a curve.
    public struct Point: Sendable, Hashable {
        /// How many frameworks had been evaluated, also those that failed or were rejected.
        public let evaluations: Int
        /// The mean of the best by then.
        public let mean: Double
    }

    /// The curve of values in the order of evaluations, nil for what has none.
    public init(_ strategy: SearchStrategy, _ values: [Double?], bestCount: Int = 20) {
        precondition(bestCount > 0, "a mean is that of one at least")
        var best = TopK(count: bestCount)
        var points: [Point] = []
        for (place, value) in values.enumerated() {
            if let value { best.add(name: "\(place)", value: value) }
            guard best.entries.count == bestCount, let mean = best.mean else { continue }
            points.append(Point(evaluations: place + 1, mean: mean))
        }
        (self.strategy, self.bestCount, self.points) = (strategy, bestCount, points)
    }

    /// The mean of the best after so many evaluations; nil where there were too few.
    public func mean(after evaluations: Int) -> Double? { points.last { $0.evaluations <= evaluations }?.mean }
}
