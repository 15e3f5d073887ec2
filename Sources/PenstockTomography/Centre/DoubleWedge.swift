internal import Glibc

/// The measure of Vo's search: how much of a sinogram and its mirror image lies in the double wedge that a full turn
/// leaves empty.
struct DoubleWedge: ~Copyable {
    let sinogram: Sinogram
    private let mirrored: [CubicSpline]
    private let weights: [Float]
    private let plan: RealFourierPlan
    private let stacked: FourierBuffer
    private let spectrum: FourierBuffer

    init(_ sinogram: Sinogram) {
        let rows = 2 * sinogram.angles
        let columns = sinogram.columns
        self.sinogram = sinogram
        mirrored = (0..<sinogram.angles).map { angle in
            CubicSpline(sinogram.values[angle * columns..<(angle + 1) * columns].reversed())
        }
        weights = Self.halfSpectrumWeights(rows: rows, columns: columns)
        plan = RealFourierPlan(rows: rows, columns: columns)
        stacked = FourierBuffer(count: rows * columns)
        spectrum = FourierBuffer(complexCount: rows * (columns / 2 + 1))
        stacked.base.update(from: sinogram.values, count: sinogram.values.count)
    }

    /// The measure with `centre` taken for the rotation centre; smallest at the true one.
    func trial(centre: Double) -> VoCentre.Trial {
        placeMirrorImage(shift: 2 * (centre - Double(sinogram.columns - 1) / 2))
        plan.execute(stacked, into: spectrum)
        var sum = 0.0
        for index in weights.indices where weights[index] != 0 {
            let re = spectrum.base[2 * index]
            let im = spectrum.base[2 * index + 1]
            sum += Double(weights[index] * (re * re + im * im).squareRoot())
        }
        return VoCentre.Trial(centre: centre, metric: sum / Double(stacked.count))
    }

    /// Puts the mirror image, moved right by `shift` columns, below the sinogram. What it leaves free is filled from
    /// the sinogram with its rows in reverse order.
    private func placeMirrorImage(shift: Double) {
        let columns = sinogram.columns
        let angles = sinogram.angles
        let free = min(columns, Int(abs(shift).rounded(.up)))
        let filled = shift >= 0 ? 0..<free : columns - free..<columns
        let whole = Int(shift.rounded(.down))
        for angle in 0..<angles {
            let target = stacked.base + (angles + angle) * columns
            if Double(whole) == shift {
                let row = angle * columns
                for column in max(0, whole)..<max(0, whole, columns + min(0, whole)) {
                    target[column] = sinogram.values[row + columns - 1 - (column - whole)]
                }
            } else {
                let line = mirrored[angle].values(from: -shift, count: columns)
                target.update(from: line, count: columns)
            }
            for column in filled { target[column] = sinogram.values[(angles - 1 - angle) * columns + column] }
        }
    }

    /// How often each number of the half spectrum of a real array counts in the wedge.
    ///
    /// The wedge is defined on the whole spectrum with frequency zero moved to (rows / 2, columns / 2), around a point
    /// one before that where the number of rows or columns is even; magnitudes at opposite frequencies are equal.
    private static func halfSpectrumWeights(rows: Int, columns: Int) -> [Float] {
        let middleRow = (rows + 1) / 2 - 1
        let middleColumn = (columns + 1) / 2 - 1
        let slope = Double(rows - 1) / (Double(rows) * 2 * .pi) / 0.25
        let drop = min(20, Int((0.05 * Double(rows)).rounded(.up)))
        let half = columns / 2 + 1
        var weights = Array(repeating: Float(0), count: rows * half)
        for row in 0..<rows where abs(row - middleRow) > drop {
            let reach = abs(Int((Double(row - middleRow) * slope).rounded(.up)))
            let wedge = max(0, middleColumn - reach)...min(columns - 1, middleColumn + reach)
            for column in wedge where abs(column - middleColumn) > 1 {
                var down = row - rows / 2
                var right = column - columns / 2
                if right < 0 {
                    down = -down
                    right = -right
                }
                weights[(down + rows) % rows * half + right] += 1
            }
        }
        return weights
    }
}
