internal import Glibc

/// The rotation centre from two projections half a turn apart: the second one, mirrored, is the first one moved by as much as the centre is
/// away from the detector's middle, twice.
///
/// The shift is where the phase correlation of both is largest, to a hundredth of a column by evaluating it between the columns: M.
/// Guizar-Sicairos, S. T. Thurman, J. R. Fienup, "Efficient subpixel image registration algorithms", Opt. Lett. 33, 156, 2008, DOI
/// 10.1364/OL.33.000156. Rows are only moved sideways, so the cross spectra of all rows are added up. A sample that leaves the field of view,
/// or air with structure, leads astray.
public struct PhaseCorrelationCentre: Sendable, Hashable {
    /// The fewest columns that are compared.
    public static let minimumColumns = VoCentre.minimumColumns

    /// The column that the axis projects to, counted from 0, to half a hundredth.
    public let centre: Double
    /// The height of the peak: 1 where one projection is exactly the other one moved, near 0 where they have nothing in common.
    public let peak: Double

    /// Compares a projection with the one half a turn later.
    /// - Parameters:
    ///   - first: The attenuations, `[row, column]`, all finite.
    ///   - opposite: The same half a turn later.
    ///   - columns: The columns of both.
    /// - Throws: `TomographyError.sinogramTooSmall` below `minimumColumns`.
    public init(_ first: [Float], opposite: [Float], columns: Int) throws(TomographyError) {
        precondition(columns > 0 && first.count == opposite.count && first.count.isMultiple(of: columns))
        guard columns >= Self.minimumColumns, !first.isEmpty else {
            throw .sinogramTooSmall(angles: 2, columns: columns)
        }
        let phases = Self.phases(first, opposite, columns: columns)
        let coarse = Self.highest((-columns / 2...columns / 2).map(Double.init), phases, columns: columns)
        let fine = Self.highest((-100...100).map { coarse.shift + Double($0) / 100 }, phases, columns: columns)
        centre = (Double(columns - 1) + fine.shift) / 2
        peak = fine.height
    }

    /// For the frequencies 1, 2, ... below half of all the cross spectrum of the projection with the mirrored other one, all of length 1.
    private static func phases(_ first: [Float], _ opposite: [Float], columns: Int) -> [SIMD2<Double>] {
        let plan = FourierPlan(length: columns, sign: .minus)
        let line = FourierBuffer(complexCount: columns)
        var sums = Array(repeating: SIMD2<Double>.zero, count: (columns - 1) / 2)
        for row in stride(from: 0, to: first.count, by: columns) {
            // Both are real, so they travel as real and imaginary part.
            for column in 0..<columns {
                line.base[2 * column] = first[row + column]
                line.base[2 * column + 1] = opposite[row + columns - 1 - column]
            }
            plan.execute(line.base)
            for index in sums.indices {
                let (k, mirrored) = (index + 1, columns - 1 - index)
                let z = SIMD2(Double(line.base[2 * k]), Double(line.base[2 * k + 1]))
                let w = SIMD2(Double(line.base[2 * mirrored]), Double(line.base[2 * mirrored + 1]))
                let a = SIMD2(z.x + w.x, z.y - w.y) / 2
                let b = SIMD2(z.y + w.y, w.x - z.x) / 2
                sums[index] += SIMD2(a.x * b.x + a.y * b.y, a.y * b.x - a.x * b.y)
            }
        }
        return sums.map { sum in
            let length = (sum * sum).sum().squareRoot()
            return length > 0 ? sum / length : .zero
        }
    }

    /// The shift with the highest correlation; of equal ones the first.
    private static func highest(
        _ shifts: [Double], _ phases: [SIMD2<Double>], columns: Int
    ) -> (shift: Double, height: Double) {
        var best = (shift: 0.0, height: -Double.infinity)
        for shift in shifts {
            // exp(2 pi i k shift / columns) from one k to the next by a rotation.
            let angle = 2 * .pi * shift / Double(columns)
            let step = SIMD2(cos(angle), sin(angle))
            var turn = step
            var sum = 0.0
            for phase in phases {
                sum += phase.x * turn.x - phase.y * turn.y
                turn = SIMD2(turn.x * step.x - turn.y * step.y, turn.x * step.y + turn.y * step.x)
            }
            let height = sum / Double(max(1, phases.count))
            if height > best.height { best = (shift, height) }
        }
        return best
    }
}
