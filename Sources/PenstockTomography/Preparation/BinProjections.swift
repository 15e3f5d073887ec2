public import Penstock
internal import PenstockEvents

/// Replaces squares of pixels by their means: faster, less noise, less detail. Do it before the logarithm.
///
/// A rest of rows or columns that makes no whole square is left out. Centres are then counted in the columns that come out: column c of the
/// detector is (c + 1/2)/factor - 1/2.
public struct BinProjections: Operator {
    private let factor: Int

    /// Squares of `factor` x `factor` pixels.
    public init(factor: Int) {
        precondition(factor > 0, "a square has at least one pixel")
        self.factor = factor
    }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Bins the projections, one by one.
    /// - Throws: `TomographyError.projectionTooSmall`
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) throws {
        for event in events { output.append(try binned(event.value), time: event.time) }
    }

    private func binned(_ projection: Projection) throws -> Projection {
        let (rows, columns) = (projection.rows / factor, projection.columns / factor)
        guard rows > 0, columns > 0 else {
            throw TomographyError.projectionTooSmall(
                what: "squares of \(factor) x \(factor) pixels", rows: projection.rows, columns: projection.columns)
        }
        let scale = 1 / Float(factor * factor)
        return projection.withValues(rows: rows, columns: columns, firstRow: projection.firstRow / factor) {
            values, result in
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum: Float = 0
                    for inner in 0..<factor {
                        let start = (row * factor + inner) * projection.columns + column * factor
                        for index in start..<start + factor { sum += values[index] }
                    }
                    result[row * columns + column] = sum * scale
                }
            }
        }
    }
}
