/// The sums from which means, variances and correlations of a stream of rows follow: counts, means and centred products.
///
/// What a window saw can be merged with what another saw, in any grouping; by the order of merging only the last bits differ, so merge in a
/// fixed order where bytes must repeat. Products are kept about the mean, where X'X would lose digits to it: T. F. Chan, G. H. Golub,
/// R. J. LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983) 242, DOI 10.1080/00031305.1983.10483115.
public struct CoMoments: Sendable, Hashable {
    /// How many columns a row has.
    public let dimension: Int
    /// How many rows there were.
    public private(set) var count = 0
    /// The mean of each column; zero without rows.
    public private(set) var means: [Double]
    /// For two columns the sum of the products of their distances from their means.
    private(set) var products: SquareMatrix

    /// Of no rows.
    public init(dimension: Int) {
        self.dimension = dimension
        means = [Double](repeating: 0, count: dimension)
        products = SquareMatrix(size: dimension)
    }

    /// Adds rows. Those with a number that is not finite are left out.
    /// - Returns: How many rows were added.
    @discardableResult public mutating func add(_ rows: [[Double]]) -> Int {
        let finite = rows.filter { row in
            precondition(row.count == dimension, "a row has \(dimension) columns")
            return row.allSatisfy(\.isFinite)
        }
        guard !finite.isEmpty else { return 0 }
        var added = CoMoments(dimension: dimension)
        added.count = finite.count
        for column in 0..<dimension {
            added.means[column] = finite.reduce(0) { $0 + $1[column] } / Double(finite.count)
        }
        let means = added.means
        added.products.addGram(finite.flatMap { row in zip(row, means).map { $0 - $1 } })
        merge(added)
        return finite.count
    }

    /// Adds what another saw.
    public mutating func merge(_ other: CoMoments) {
        precondition(other.dimension == dimension, "both have the same columns")
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = Double(count + other.count)
        let weight = Double(count) * Double(other.count) / total
        let difference = zip(other.means, means).map { $0 - $1 }
        for row in 0..<dimension {
            for column in 0..<dimension {
                products[row, column] += other.products[row, column] + weight * difference[row] * difference[column]
            }
        }
        for column in 0..<dimension { means[column] += difference[column] * (Double(other.count) / total) }
        count += other.count
    }

    /// The variance of a column over all rows, its sum of squares by their number; zero without rows.
    public func variance(_ column: Int) -> Double { count == 0 ? 0 : max(0, products[column, column] / Double(count)) }

    /// The covariance of two columns over all rows; zero without rows.
    public func covariance(_ one: Int, _ other: Int) -> Double { count == 0 ? 0 : products[one, other] / Double(count) }

    /// Means and standard deviations of the first `columns` columns.
    func standardization(columns: Int) -> Standardization {
        Standardization(
            means: Array(means.prefix(columns)), deviations: (0..<columns).map { variance($0).squareRoot() })
    }
}
