internal import Glibc
public import Penstock

/// Turns projections so that a rotation axis that leans in the plane of the detector stands upright: then every row has the same centre.
///
/// An axis that leans by t projects to column c + (row - m) tan(t), m the middle of the rows. Projections are turned around their middle by cubic
/// convolution (R. G. Keys, IEEE Trans. Acoust. Speech Signal Process. 29, 1153, 1981, DOI 10.1109/TASSP.1981.1163711), continued by
/// their edge values; do it before the logarithm, and with all rows. The centre becomes (n - 1)/2 + (c - (n - 1)/2) cos(t) of n columns. Transmissions
/// that are not finite count as 1.
public struct CorrectTilt: Operator {
    private let sine: Double
    private let cosine: Double

    /// The angle by which the axis leans, in degrees; positive where lower rows see it further to the right.
    public init(degrees: Double) {
        precondition(abs(degrees) < 90, "an axis that lies makes no slices of rows")
        sine = sin(degrees * .pi / 180)
        cosine = cos(degrees * .pi / 180)
    }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Turns the projections, one by one.
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) {
        for event in events {
            let (rows, columns) = (event.value.rows, event.value.columns)
            output.append(
                event.value.withValues { turn($0, rows: rows, columns: columns, into: $1) }, time: event.time)
        }
    }

    private func turn(
        _ values: UnsafeBufferPointer<Float>, rows: Int, columns: Int, into result: UnsafeMutableBufferPointer<Float>
    ) {
        let (middleRow, middleColumn) = (Double(rows - 1) / 2, Double(columns - 1) / 2)
        for row in 0..<rows {
            let y = Double(row) - middleRow
            for column in 0..<columns {
                let x = Double(column) - middleColumn
                let (left, columnWeights) = Self.taps(middleColumn + x * cosine + y * sine)
                let (top, rowWeights) = Self.taps(middleRow - x * sine + y * cosine)
                var sum: Float = 0
                for i in 0..<4 {
                    let start = min(max(top + i, 0), rows - 1) * columns
                    var line: Float = 0
                    for j in 0..<4 {
                        let value = values[start + min(max(left + j, 0), columns - 1)]
                        line += columnWeights[j] * (value.isFinite ? value : 1)
                    }
                    sum += rowWeights[i] * line
                }
                result[row * columns + column] = sum
            }
        }
    }

    /// The first of the four pixels around a place, and what each counts there.
    private static func taps(_ place: Double) -> (first: Int, weights: SIMD4<Float>) {
        let whole = place.rounded(.down)
        let t = Float(place - whole)
        let weights = SIMD4(
            ((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t)
        return (Int(whole) - 1, weights)
    }
}
