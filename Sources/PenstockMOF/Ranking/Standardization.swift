/// How columns of different units become comparable: less their mean, by their standard deviation.
public struct Standardization: Sendable, Hashable {
    /// The mean of each column.
    public let means: [Double]
    /// What each column is divided by: its standard deviation, or 1 where it does not vary.
    public let scales: [Double]

    /// By the rows that were seen.
    public init(_ moments: CoMoments) { self = moments.standardization(columns: moments.dimension) }

    init(means: [Double], deviations: [Double]) {
        self.means = means
        // A column of equal numbers has a deviation by rounding only.
        scales = zip(means, deviations).map { $1 > 1e-12 * abs($0) && $1 > 0 ? $1 : 1 }
    }

    /// The columns of a row in units of their deviations.
    public func standardized(_ row: [Double]) -> [Double] {
        precondition(row.count == means.count, "a row has \(means.count) columns")
        return row.indices.map { (row[$0] - means[$0]) / scales[$0] }
    }
}
