public import Penstock

/// Divides every row of a transmission by what the air beside the sample lets through, which should be 1: beams that flicker or drift.
///
/// The means L and R of the first and the last columns of a row are its air, and 1 where such a mean is not above 0; column j of n is divided
/// by L + (R - L) j / (n - 1).
public struct NormaliseAir: Operator {
    private let airColumns: Int

    /// Air in the first and the last `columns` columns, where the sample must never be.
    public init(columns: Int) {
        precondition(columns > 0, "air has at least one column")
        airColumns = columns
    }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Normalises the projections, one by one.
    /// - Throws: `TomographyError.projectionTooSmall` for projections that are nothing but air.
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) throws {
        for event in events {
            let (rows, columns) = (event.value.rows, event.value.columns)
            guard columns > 2 * airColumns else {
                throw TomographyError.projectionTooSmall(
                    what: "\(airColumns) columns of air on both sides", rows: rows, columns: columns)
            }
            let normalised = event.value.withValues { values, result in
                for start in stride(from: 0, to: values.count, by: columns) {
                    let left = air(values[start..<start + airColumns])
                    let right = air(values[start + columns - airColumns..<start + columns])
                    let slope = (right - left) / Float(columns - 1)
                    for column in 0..<columns {
                        result[start + column] = values[start + column] / (left + slope * Float(column))
                    }
                }
            }
            output.append(normalised, time: event.time)
        }
    }

    private func air(_ values: Slice<UnsafeBufferPointer<Float>>) -> Float {
        let mean = Float(values.reduce(0.0) { $0 + Double($1) } / Double(values.count))
        return mean > 0 && mean.isFinite ? mean : 1
    }
}
