// Stripes as deviations of the mean of a column: one number is added to each column.
extension Sinogram {
    /// Replaces the mean of each column by the running mean over `size` columns; at the edges the last column stands for those beyond it.
    mutating func smoothMeans(size: Int) {
        let means = columnMeans
        let before = size / 2
        add(
            means.indices.map { column in
                let window = (0..<size).map { means[min(max(column - before + $0, 0), columns - 1)] }
                return window.reduce(0, +) / Double(size) - means[column]
            })
    }

    /// Replaces the means m of the columns by the smooth s with the least sum of (s_j+1 - s_j)^2 + `weight` (s_j - m_j)^2.
    mutating func regulariseMeans(weight: Double) {
        let means = columnMeans
        // (D'D + weight) s = weight m, with the differences D of neighbours: three diagonals, solved by elimination.
        var diagonal = means.indices.map { weight + ($0 > 0 ? 1.0 : 0) + ($0 < columns - 1 ? 1.0 : 0) }
        var smooth = means.map { weight * $0 }
        for column in means.indices.dropFirst() {
            diagonal[column] -= 1 / diagonal[column - 1]
            smooth[column] += smooth[column - 1] / diagonal[column - 1]
        }
        smooth[columns - 1] /= diagonal[columns - 1]
        for column in means.indices.dropLast().reversed() {
            smooth[column] = (smooth[column] + smooth[column + 1]) / diagonal[column]
        }
        add(zip(smooth, means).map { $0 - $1 })
    }

    private var columnMeans: [Double] {
        var sums = Array(repeating: 0.0, count: columns)
        values.withUnsafeBufferPointer { values in
            for start in stride(from: 0, to: values.count, by: columns) {
                for column in 0..<columns { sums[column] += Double(values[start + column]) }
            }
        }
        return sums.map { $0 / Double(angles) }
    }

    private mutating func add(_ profile: [Double]) {
        let profile = profile.map { Float($0) }
        let columns = columns
        values.withUnsafeMutableBufferPointer { values in
            for start in stride(from: 0, to: values.count, by: columns) {
                for column in 0..<columns { values[start + column] += profile[column] }
            }
        }
    }
}
