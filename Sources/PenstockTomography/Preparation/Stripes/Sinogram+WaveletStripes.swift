internal import Glibc

// The Fourier-wavelet method of Münch et al. 2009, DOI 10.1364/OE.17.008567.
extension Sinogram {
    /// Takes off what hardly changes with the angle in the details across the columns: the part exp(-y^2 / (2 `sigma`^2)) at frequency y.
    ///
    /// A wavelet decomposition gives back what it was made of, and all of this is linear. So only the bands that hold stripes are computed, and
    /// only what has to go is put together again. An eighth of the angles is added at both ends, mirrored.
    mutating func dampStripes(sigma: Double, levels: Int?) {
        let padding = angles / 8
        var approximation = Band(rows: angles + 2 * padding, columns: columns) { row, column in
            values[mirrored(row - padding, count: angles) * columns + column]
        }
        let deepest = Daubechies5.levels(for: min(approximation.rows, columns))
        var stripes: [Band] = []
        var shapes: [(rows: Int, columns: Int)] = []
        for _ in 0..<min(levels ?? deepest, deepest) {
            shapes.append((approximation.rows, approximation.columns))
            let slow = approximation.lowAlongRows()
            var detail = slow.alongColumns(Daubechies5.high)
            detail.keepSlow(sigma: sigma)
            stripes.append(detail)
            approximation = slow.alongColumns(Daubechies5.low)
        }
        guard let last = stripes.last else { return }
        var removed = Band(rows: last.rows, columns: last.columns) { _, _ in 0 }
        for (detail, shape) in zip(stripes, shapes).reversed() {
            removed = Band(low: removed, high: detail, columns: shape.columns).fromLowAlongRows(rows: shape.rows)
        }
        for index in values.indices { values[index] -= removed.values[index + padding * columns] }
    }
}

/// One band of a wavelet decomposition, [row, column].
private struct Band {
    let rows: Int
    let columns: Int
    var values: [Float]

    init(rows: Int, columns: Int, _ value: (_ row: Int, _ column: Int) -> Float) {
        self.rows = rows
        self.columns = columns
        values = []
        values.reserveCapacity(rows * columns)
        for row in 0..<rows { for column in 0..<columns { values.append(value(row, column)) } }
    }

    private init(zeros rows: Int, _ columns: Int) {
        self.rows = rows
        self.columns = columns
        values = Array(repeating: 0, count: rows * columns)
    }

    /// Every second row of the lines along the angle after the low-pass.
    func lowAlongRows() -> Band {
        var result = Band(zeros: Daubechies5.halved(rows), columns)
        for row in 0..<result.rows {
            for (tap, weight) in Daubechies5.low.enumerated() {
                let source = mirrored(2 * row + 1 - tap, count: rows) * columns
                for column in 0..<columns { result.values[row * columns + column] += weight * values[source + column] }
            }
        }
        return result
    }

    /// Every second column of the rows after a filter.
    func alongColumns(_ filter: [Float]) -> Band {
        var result = Band(zeros: rows, Daubechies5.halved(columns))
        let margin = filter.count - 1
        var line = Array(repeating: Float(0), count: columns + 2 * margin)
        let sources = line.indices.map { mirrored($0 - margin, count: columns) }
        for row in 0..<rows {
            for (index, source) in sources.enumerated() { line[index] = values[row * columns + source] }
            for column in 0..<result.columns {
                var sum: Float = 0
                for tap in filter.indices { sum += filter[tap] * line[2 * column + 1 - tap + margin] }
                result.values[row * result.columns + column] = sum
            }
        }
        return result
    }

    /// The rows, `columns` wide, whose low and high parts these are.
    init(low: Band, high: Band, columns: Int) {
        precondition(low.rows == high.rows && low.columns == high.columns, "both parts have one shape")
        self.init(zeros: high.rows, columns)
        let length = Daubechies5.low.count
        for row in 0..<rows {
            for source in 0..<high.columns {
                let (slow, fast) = (low.values[row * low.columns + source], high.values[row * high.columns + source])
                for tap in 0..<length {
                    let column = 2 * source + tap - (length - 2)
                    guard column >= 0, column < columns else { continue }
                    // Synthesis filters are those of the analysis from behind.
                    values[row * columns + column] +=
                        Daubechies5.low[length - 1 - tap] * slow + Daubechies5.high[length - 1 - tap] * fast
                }
            }
        }
    }

    /// The lines along the angle, `count` long, whose low part this is; they have no high one.
    func fromLowAlongRows(rows count: Int) -> Band {
        var result = Band(zeros: count, columns)
        let length = Daubechies5.low.count
        for source in 0..<rows {
            for tap in 0..<length {
                let row = 2 * source + tap - (length - 2)
                guard row >= 0, row < count else { continue }
                let weight = Daubechies5.low[length - 1 - tap]
                for column in 0..<columns {
                    result.values[row * columns + column] += weight * values[source * columns + column]
                }
            }
        }
        return result
    }

    /// Keeps what hardly changes along the angle.
    mutating func keepSlow(sigma: Double) {
        var spectrum = AngleSpectrum(rows: rows, columns: columns)
        for row in 0..<rows { spectrum.set(row: row, to: values[row * columns..<(row + 1) * columns]) }
        spectrum.multiply { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        for row in 0..<rows { values.replaceSubrange(row * columns..<(row + 1) * columns, with: spectrum.row(row)) }
    }
}
