internal import COpenBLAS

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// OpenBLAS works on one thread here: how it shares work among threads would move the last bits of results. Its kernels depend on the kind of
/// processor, so bits repeat on processors of one kind only.
private let oneThread: Void = openblas_set_num_threads(1)

/// A square matrix by rows.
struct SquareMatrix: Sendable, Hashable {
    let size: Int
    var values: [Double]

    /// Zeros.
    init(size: Int) {
        self.size = size
        values = [Double](repeating: 0, count: size * size)
    }

    subscript(row: Int, column: Int) -> Double {
        @inline(__always) get { values[row * size + column] }
        @inline(__always) set { values[row * size + column] = newValue }
    }

    /// Adds the sum of the products of each row of a table with itself, X'X, where the table has `size` columns.
    mutating func addGram(_ table: [Double]) {
        guard size > 0, !table.isEmpty else { return }
        _ = oneThread
        let (columns, rows) = (blasint(size), blasint(table.count / size))
        cblas_dsyrk(
            CblasRowMajor, CblasUpper, CblasTrans, columns, rows, 1, table, columns, 1, &values, columns)
        for row in 0..<size {
            for column in 0..<row { values[row * size + column] = values[column * size + row] }
        }
    }
}

/// The factor L of a symmetric positive definite matrix, A = L L'.
struct CholeskyFactor: Sendable {
    private let size: Int
    /// By columns, as LAPACK has it; what is above the diagonal is not used.
    private let factor: [Double]

    /// The factor of a matrix; nil where it is not positive definite, or not finite.
    init?(_ matrix: SquareMatrix) {
        _ = oneThread
        size = matrix.size
        var values = matrix.values
        var status: blasint = 0
        var order = blasint(size)
        var leading = max(1, order)
        dpotrf_("L", &order, &values, &leading, &status, 1)
        guard status == 0, (0..<matrix.size).allSatisfy({ values[$0 * (matrix.size + 1)].isFinite }) else { return nil }
        factor = values
    }

    /// The solution x of A x = b.
    func solve(_ right: [Double]) -> [Double] {
        var solution = right
        var status: blasint = 0
        var (order, one) = (blasint(size), blasint(1))
        var (leading, rows) = (max(1, order), max(1, order))
        dpotrs_("L", &order, &one, factor, &leading, &solution, &rows, &status, 1)
        return solution
    }

    /// b' A^-1 b, which is not negative.
    func inverseForm(_ vector: [Double]) -> Double {
        var half = vector
        cblas_dtrsv(
            CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, blasint(size), factor, blasint(max(1, size)), &half,
            1)
        return half.reduce(0) { $0 + $1 * $1 }
    }

    /// The natural logarithm of the determinant of A.
    var logDeterminant: Double { (0..<size).reduce(0) { $0 + 2 * log(factor[$1 * (size + 1)]) } }
}

/// The eigenvalues of a symmetric matrix from the largest, and their vectors of length 1.
struct SymmetricEigenvectors: Sendable {
    let values: [Double]
    /// One for each value; the component with the largest magnitude, the first of equals, is positive.
    let vectors: [[Double]]

    init(_ matrix: SquareMatrix) {
        _ = oneThread
        let size = matrix.size
        var (columns, eigenvalues) = (matrix.values, [Double](repeating: 0, count: size))
        var order = blasint(size)
        var leading = max(1, order)
        var (workCount, indexCount, status): (blasint, blasint, blasint) = (
            blasint(1 + 6 * size + 2 * size * size), blasint(3 + 5 * size), 0
        )
        var work = [Double](repeating: 0, count: Int(workCount))
        var indices = [blasint](repeating: 0, count: Int(indexCount))
        dsyevd_(
            "V", "L", &order, &columns, &leading, &eigenvalues, &work, &workCount, &indices, &indexCount, &status, 1, 1)
        precondition(status == 0, "the eigenvalues of a finite symmetric matrix exist")
        values = eigenvalues.reversed()
        vectors = (0..<size).reversed().map { place in
            let vector = Array(columns[place * size..<(place + 1) * size])
            let largest = vector.map(abs).max() ?? 0
            // Rounding must not choose between components that are the same in exact arithmetic.
            let leader = vector.first { abs($0) > largest * (1 - 1e-9) } ?? 1
            return leader < 0 ? vector.map { -$0 } : vector
        }
    }
}
