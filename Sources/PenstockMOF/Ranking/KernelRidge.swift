#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Kernel ridge regression with a Gaussian kernel (RBF), which is the mean of a Gaussian process, with the process's uncertainty.
///
/// Features are standardised; k(x, y) = exp(-|x - y|^2 / (2 p l^2)) with p features and the length scale l, so that l does not depend on how
/// many features there are; the penalty λ is the variance of the noise in units of the process's. The process's variance is the one of the
/// largest likelihood. Source: C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1.
public struct KernelRidge: Sendable {
    /// The length scales that are tried unless others are given.
    public static let defaultLengthScales = [0.25, 0.5, 1, 2, 4]
    /// The penalties that are tried unless others are given.
    public static let defaultPenalties = [0.001, 0.01, 0.1]
    /// How many rows there may be: the time grows with their cube, and memory with their square.
    public static let rowsMax = 4096

    /// How features are made comparable.
    public let standardization: Standardization
    /// The length scale l.
    public let lengthScale: Double
    /// The penalty λ.
    public let penalty: Double
    /// The mean of the targets, to which predictions return far from all rows.
    public let intercept: Double
    /// The variance of the process.
    public let signalVariance: Double
    /// The logarithm of the likelihood of the targets.
    public let logLikelihood: Double
    private let rows: [[Double]]
    private let weights: [Double]
    private let factor: CholeskyFactor

    /// The model of the largest likelihood among all pairs of a length scale and a penalty, the first of equals.
    ///
    /// Nil for fewer than two rows. Rows with a number that is not finite are left out.
    public init?(
        _ rows: [(features: [Double], target: Double)], lengthScales: [Double] = KernelRidge.defaultLengthScales,
        penalties: [Double] = KernelRidge.defaultPenalties
    ) {
        precondition(rows.count <= Self.rowsMax, "kernel ridge regression takes \(Self.rowsMax) rows at most")
        precondition(
            (lengthScales + penalties).allSatisfy { $0 > 0 && $0.isFinite }, "scales and penalties are above zero")
        let finite = rows.filter { $0.target.isFinite && $0.features.allSatisfy(\.isFinite) }
        guard finite.count > 1 else { return nil }
        var moments = CoMoments(dimension: finite[0].features.count)
        moments.add(finite.map(\.features))
        let standardization = Standardization(moments)
        let standardized = finite.map { standardization.standardized($0.features) }
        let squares = Self.squares(standardized)
        var best: KernelRidge?
        for lengthScale in lengthScales {
            for penalty in penalties {
                let model = KernelRidge(
                    standardized, squares, finite.map(\.target), standardization, lengthScale, penalty)
                if let model, model.logLikelihood > best?.logLikelihood ?? -.infinity { best = model }
            }
        }
        guard let best else { return nil }
        self = best
    }

    private init?(
        _ rows: [[Double]], _ squares: SquareMatrix, _ targets: [Double], _ standardization: Standardization,
        _ lengthScale: Double, _ penalty: Double
    ) {
        let count = Double(rows.count)
        let gamma = Self.gamma(lengthScale, features: standardization.means.count)
        var kernel = SquareMatrix(size: rows.count)
        for place in kernel.values.indices { kernel.values[place] = exp(-gamma * squares.values[place]) }
        for place in rows.indices { kernel[place, place] += penalty }
        guard let factor = CholeskyFactor(kernel) else { return nil }
        let mean = targets.reduce(0, +) / count
        let centred = targets.map { $0 - mean }
        weights = factor.solve(centred)
        // Equal targets leave nothing to explain.
        signalVariance = max(.leastNormalMagnitude, zip(centred, weights).reduce(0) { $0 + $1.0 * $1.1 } / count)
        logLikelihood = -0.5 * (count * (log(signalVariance) + 1 + log(2 * .pi)) + factor.logDeterminant)
        intercept = mean
        (self.standardization, self.lengthScale, self.penalty) = (standardization, lengthScale, penalty)
        (self.rows, self.factor) = (rows, factor)
    }

    /// What the model expects of a row of features.
    public func prediction(of features: [Double]) -> Prediction {
        let row = standardization.standardized(features)
        let gamma = Self.gamma(lengthScale, features: row.count)
        let kernel = rows.map { exp(-gamma * Self.square($0, row)) }
        let mean = zip(kernel, weights).reduce(intercept) { $0 + $1.0 * $1.1 }
        let variance = signalVariance * max(0, 1 + penalty - factor.inverseForm(kernel))
        return Prediction(mean: mean, standardDeviation: variance.squareRoot())
    }

    private static func gamma(_ lengthScale: Double, features: Int) -> Double {
        0.5 / (Double(max(1, features)) * lengthScale * lengthScale)
    }

    /// Squared distances of all pairs. By differences: no digits are lost to lengths, and no result depends on how many rows there are.
    private static func squares(_ rows: [[Double]]) -> SquareMatrix {
        var squares = SquareMatrix(size: rows.count)
        for one in rows.indices {
            for other in 0..<one {
                let value = square(rows[one], rows[other])
                squares[one, other] = value
                squares[other, one] = value
            }
        }
        return squares
    }

    private static func square(_ one: [Double], _ other: [Double]) -> Double {
        var sum = 0.0
        for place in one.indices {
            let difference = one[place] - other[place]
            sum += difference * difference
        }
        return sum
    }
}
