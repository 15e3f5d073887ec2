/// What a model expects of a candidate.
public struct Prediction: Sendable, Hashable {
    /// The expected value.
    public let mean: Double
    /// The standard deviation of an observation about it, by the model.
    public let standardDeviation: Double
}

/// Linear regression with a penalty on large coefficients, over a stream: windows keep sums and merge them, a model comes from the sums.
///
/// Columns are standardised, the penalty λ does not touch the intercept: min |y - b - Zβ|^2 + λ |β|^2. Source: A. E. Hoerl, R. W. Kennard,
/// Technometrics 12 (1970) 55, DOI 10.1080/00401706.1970.10488634.
public struct RidgeSums: Sendable, Hashable {
    /// How many features a row has.
    public let featureCount: Int
    /// Of the features and, last, the target.
    public private(set) var moments: CoMoments

    /// Of no rows.
    public init(featureCount: Int) {
        self.featureCount = featureCount
        moments = CoMoments(dimension: featureCount + 1)
    }

    /// Adds rows of features with what was observed of each. Those with a number that is not finite are left out.
    /// - Returns: How many rows were added.
    @discardableResult public mutating func add(_ rows: [(features: [Double], target: Double)]) -> Int {
        moments.add(rows.map { $0.features + [$0.target] })
    }

    /// Adds what another window saw.
    public mutating func merge(_ other: RidgeSums) { moments.merge(other.moments) }
}

/// A ridge regression with the uncertainty of its predictions.
///
/// The standard deviation is that of Bayes' linear regression with the noise taken from the residuals: C. M. Bishop, Pattern Recognition and
/// Machine Learning (2006), section 3.3. The noise is the sum of squared residuals by n less the effective number of parameters, T. Hastie,
/// R. Tibshirani, J. Friedman, The Elements of Statistical Learning (2009), section 3.4.1, DOI 10.1007/978-0-387-84858-7.
public struct RidgeRegression: Sendable {
    /// How features are made comparable.
    public let standardization: Standardization
    /// The coefficients of the standardised features.
    public let coefficients: [Double]
    /// The mean of the targets, which is the prediction for the mean of the features.
    public let intercept: Double
    /// The standard deviation of observations about the model.
    public let noise: Double
    /// The effective number of parameters, with the intercept.
    public let effectiveParameters: Double
    private let count: Int
    private let factor: CholeskyFactor

    /// The model of what was seen; nil for fewer than two rows.
    /// - Parameter penalty: λ, above zero, in units of a row's weight: the sum of squares of a standardised column is the number of rows.
    public init?(_ sums: RidgeSums, penalty: Double = 1) {
        precondition(penalty > 0 && penalty.isFinite, "a penalty is above zero")
        let (moments, size) = (sums.moments, sums.featureCount)
        guard moments.count > 1 else { return nil }
        let standardization = moments.standardization(columns: size)
        let scales = standardization.scales
        var gram = SquareMatrix(size: size)
        for row in 0..<size {
            for column in 0..<size {
                gram[row, column] = moments.products[row, column] / (scales[row] * scales[column])
            }
        }
        var penalized = gram
        for place in 0..<size { penalized[place, place] += penalty }
        guard let factor = CholeskyFactor(penalized) else { return nil }
        let products = (0..<size).map { moments.products[$0, size] / scales[$0] }
        let coefficients = factor.solve(products)

        var residual = moments.products[size, size]
        var effective = 1.0
        for row in 0..<size {
            residual -= 2 * coefficients[row] * products[row]
            for column in 0..<size { residual += coefficients[row] * gram[row, column] * coefficients[column] }
            var unit = [Double](repeating: 0, count: size)
            unit[row] = 1
            effective += 1 - penalty * factor.inverseForm(unit)
        }
        self.standardization = standardization
        self.coefficients = coefficients
        self.factor = factor
        intercept = moments.means[size]
        count = moments.count
        effectiveParameters = effective
        noise = (max(0, residual) / max(1, Double(moments.count) - effective)).squareRoot()
    }

    /// What the model expects of a row of features.
    public func prediction(of features: [Double]) -> Prediction {
        let row = standardization.standardized(features)
        let mean = zip(row, coefficients).reduce(intercept) { $0 + $1.0 * $1.1 }
        let spread = 1 + 1 / Double(count) + factor.inverseForm(row)
        return Prediction(mean: mean, standardDeviation: noise * spread.squareRoot())
    }
}
