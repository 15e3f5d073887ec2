/// The directions in which standardised rows vary most.
///
/// Source: H. Hotelling, Journal of Educational Psychology 24 (1933) 417, DOI 10.1037/h0071325; on the correlation matrix.
public struct PrincipalComponents: Sendable, Hashable {
    /// How columns are made comparable first.
    public let standardization: Standardization
    /// The directions, from that of the largest variance: each of length 1, its component of the largest magnitude positive.
    public let components: [[Double]]
    /// The variance along each direction.
    public let variances: [Double]
    /// The share of each direction in the whole variance, 0 to 1; zero where nothing varies.
    public let varianceShares: [Double]

    /// The `count` leading directions of the rows that were seen; as many as there are columns where it asks for more.
    ///
    /// Directions of equal variance are not defined one by one, only together. Takes time of the cube of the number of columns.
    public init(_ moments: CoMoments, count: Int) {
        precondition(count > 0, "one component at least")
        let standardization = Standardization(moments)
        var correlation = SquareMatrix(size: moments.dimension)
        for row in 0..<moments.dimension {
            for column in 0..<moments.dimension {
                correlation[row, column] =
                    moments.covariance(row, column) / (standardization.scales[row] * standardization.scales[column])
            }
        }
        let eigen = SymmetricEigenvectors(correlation)
        let total = eigen.values.reduce(0) { $0 + max(0, $1) }
        self.standardization = standardization
        components = Array(eigen.vectors.prefix(count))
        variances = eigen.values.prefix(count).map { max(0, $0) }
        varianceShares = variances.map { total > 0 ? $0 / total : 0 }
    }

    /// Where a row is along each of the directions.
    public func scores(of row: [Double]) -> [Double] {
        let standardized = standardization.standardized(row)
        return components.map { zip($0, standardized).reduce(0) { $0 + $1.0 * $1.1 } }
    }
}
