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
