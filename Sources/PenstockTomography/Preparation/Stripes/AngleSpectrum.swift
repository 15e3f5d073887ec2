internal import Glibc

/// A matrix whose columns are filtered by multiplying their Fourier transforms.
///
/// Two neighbouring columns travel as real and imaginary part: a factor that is real, and the same for a frequency and its negative, keeps
/// them apart.
struct AngleSpectrum: ~Copyable {
    private let rows: Int
    private let columns: Int
    /// Columns and, where their number is odd, one of zeros.
    private let stride: Int
    private let memory: FourierBuffer

    /// A matrix of zeros.
    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        stride = columns + columns % 2
        memory = FourierBuffer(count: rows * stride)
    }

    /// Puts values into a row.
    mutating func set(row: Int, to values: ArraySlice<Float>) {
        precondition(values.count == columns, "a row has a value for each column")
        values.withUnsafeBufferPointer { (memory.base + row * stride).update(from: $0.baseAddress!, count: columns) }
    }

    /// The values of a row.
    func row(_ row: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: memory.base + row * stride, count: columns)
    }

    /// Multiplies the transform of each column by a factor for each frequency, from 0 to half the number of rows, in periods per column.
    mutating func multiply(by factor: (Int) -> Double) {
        let lines = stride / 2
        FourierPlan(length: rows, count: lines, stride: lines, distance: 1, sign: .minus).execute(memory.base)
        for row in 0..<rows {
            let scale = Float(factor(min(row, rows - row)) / Double(rows))
            let line = memory.base + row * stride
            for index in 0..<stride { line[index] *= scale }
        }
        FourierPlan(length: rows, count: lines, stride: lines, distance: 1, sign: .plus).execute(memory.base)
    }
}
