import Foundation
import Testing

@testable import PenstockMOF

/// Rows of three features and a target, by a formula.
enum SurrogateSample {
    static let features: [[Double]] = (0..<14).map { row in (0..<3).map { feature(row, $0) } }
    static let rows: [(features: [Double], target: Double)] = (0..<14).map { row in
        (features: features[row], target: target(row))
    }
    static let query = [0.4, -1.2, 2.5]

    private static func feature(_ row: Int, _ column: Int) -> Double {
        let (i, j) = (Double(row), Double(column))
        return sin(1.3 * i + 0.7 * j * j) * (j + 1) + 0.1 * i * j
    }

    private static func target(_ row: Int) -> Double {
        let x = features[row]
        let linear = 2 * x[0] - 0.5 * x[1]
        return linear + 0.3 * cos(2.1 * Double(row)) + 0.1 * x[2] * x[2]
    }

    static func sums(_ rows: some Sequence<(features: [Double], target: Double)>) -> RidgeSums {
        var sums = RidgeSums(featureCount: 3)
        sums.add(Array(rows))
        return sums
    }
}

@Suite struct SurrogateTests {
    private func close(_ one: Double, _ other: Double, _ tolerance: Double = 1e-10) -> Bool {
        abs(one - other) <= tolerance * max(1, abs(other))
    }

    /// Expected values: scikit-learn 1.9.1 and NumPy 2.4.6, StandardScaler before each model.
    @Test("ridge regression has scikit-learn's coefficients, and Bayes' uncertainty")
    func ridge() throws {
        let model = try #require(RidgeRegression(SurrogateSample.sums(SurrogateSample.rows), penalty: 0.5))
        let coefficients = [0.4768560479546221, -0.3442489839932935, -0.08443099852286812]
        #expect(zip(model.coefficients, coefficients).allSatisfy { close($0, $1) })
        let prediction = model.prediction(of: SurrogateSample.query)
        #expect(close(model.intercept, 0.3992444193768137) && close(prediction.mean, 1.0656390049151647))
        #expect(close(model.effectiveParameters, 3.204279797050456) && close(model.noise, 0.5608796286534755))
        #expect(close(prediction.standardDeviation, 0.9892714356940678))
    }

    @Test("principal components are scikit-learn's but for signs")
    func principalComponents() {
        var moments = CoMoments(dimension: 3)
        moments.add(SurrogateSample.features)
        let model = PrincipalComponents(moments, count: 2)
        let (variances, shares) = ([2.4278643584236232, 0.5583225542202449], [0.8092881194745404, 0.1861075180734148])
        #expect(zip(model.variances, variances).allSatisfy { close($0, $1) })
        #expect(zip(model.varianceShares, shares).allSatisfy { close($0, $1) })
        let scores = [0.6891930785232704, 0.7689141826888254]
        #expect(zip(model.scores(of: SurrogateSample.query), scores).allSatisfy { close(abs($0), $1) })
        let components = [
            [0.6374179655411841, 0.5175079640676051, 0.5708623689926848],
            [0.09915875774673344, 0.789814742971728, 0.605276971763034],
        ]
        for (one, other) in zip(model.components, components) {
            #expect(zip(one, other).allSatisfy { close(abs($0), $1) } && one.max()! >= -one.min()!)
        }
    }

    @Test("kernel ridge regression has scikit-learn's mean, and the uncertainty and likelihood of a Gaussian process")
    func kernelRidge() throws {
        let model = try #require(KernelRidge(SurrogateSample.rows, lengthScales: [0.8], penalties: [0.05]))
        let prediction = model.prediction(of: SurrogateSample.query)
        #expect(close(prediction.mean, 0.8284978941476318) && close(prediction.standardDeviation, 0.6982030520315033))
        #expect(close(model.signalVariance, 1.0442423395750973))
        #expect(close(model.logLikelihood, -11.935120127468934, 1e-9))
        let best = try #require(KernelRidge(SurrogateSample.rows))
        #expect(best.lengthScale == 0.5 && best.penalty == 0.1)
    }

    @Test("sums of windows merge to those of the whole stream, in any grouping; what is not finite is left out")
    func merging() throws {
        let whole = SurrogateSample.sums(SurrogateSample.rows)
        let (a, b, c) = (
            SurrogateSample.sums(SurrogateSample.rows[..<1]), SurrogateSample.sums(SurrogateSample.rows[1..<9]),
            SurrogateSample.sums(SurrogateSample.rows[9...])
        )
        var left = a
        left.merge(b)
        left.merge(c)
        var right = b
        right.merge(c)
        var other = a
        other.merge(right)
        let expected = try #require(RidgeRegression(whole, penalty: 0.5)).prediction(of: SurrogateSample.query)
        for sums in [left, other] {
            let model = try #require(RidgeRegression(sums, penalty: 0.5))
            #expect(close(model.prediction(of: SurrogateSample.query).mean, expected.mean, 1e-12))
        }
        var broken = whole
        #expect(broken.add([(features: [1, .nan, 0], target: 1), (features: [0, 0, 0], target: .infinity)]) == 0)
        #expect(broken == whole)
    }

    @Test("a constant far from zero costs no digits")
    func offset() throws {
        let near = try #require(RidgeRegression(SurrogateSample.sums(SurrogateSample.rows)))
        let far = SurrogateSample.rows.map { (features: $0.features.map { $0 + 1e7 }, target: $0.target) }
        let model = try #require(RidgeRegression(SurrogateSample.sums(far)))
        let query = SurrogateSample.query.map { $0 + 1e7 }
        #expect(
            close(model.prediction(of: query).mean, near.prediction(of: SurrogateSample.query).mean, 1e-7))
    }

    @Test("features that do not vary, too few rows and equal targets have defined answers")
    func degenerate() throws {
        #expect(RidgeRegression(RidgeSums(featureCount: 3)) == nil && KernelRidge([]) == nil)
        let flat = (0..<5).map { _ in (features: [1.0, 2, 3], target: 4.0) }
        let ridge = try #require(RidgeRegression(SurrogateSample.sums(flat))).prediction(of: [1, 2, 9])
        let kernel = try #require(KernelRidge(flat)).prediction(of: [1, 2, 9])
        #expect(ridge.mean == 4 && ridge.standardDeviation == 0)
        #expect(kernel.mean == 4 && kernel.standardDeviation.isFinite)
    }

    @Test("the uncertainty of kernel ridge regression is small on rows and that of the process far away")
    func uncertainty() throws {
        let model = try #require(KernelRidge(SurrogateSample.rows, lengthScales: [0.5], penalties: [0.001]))
        let near = model.prediction(of: SurrogateSample.features[4])
        let far = model.prediction(of: [1e3, 1e3, 1e3])
        #expect(close(near.mean, SurrogateSample.rows[4].target, 0.02))
        #expect(near.standardDeviation < 0.1 * far.standardDeviation)
        #expect(close(far.mean, model.intercept))
        #expect(close(far.standardDeviation, (1.001 * model.signalVariance).squareRoot()))
    }

    @Test("a factor solves its equations, and is refused where the matrix is not positive definite")
    func cholesky() throws {
        var matrix = SquareMatrix(size: 2)
        matrix.values = [4, 2, 2, 3]
        let factor = try #require(CholeskyFactor(matrix))
        let solution = factor.solve([8, 8])
        #expect(close(solution[0], 1) && close(solution[1], 2))
        #expect(close(factor.inverseForm([8, 8]), 24) && close(factor.logDeterminant, log(8)))
        matrix.values = [1, 2, 2, 1]
        #expect(CholeskyFactor(matrix) == nil)
        matrix.values = [1, .nan, .nan, 1]
        #expect(CholeskyFactor(matrix) == nil)
    }
}
