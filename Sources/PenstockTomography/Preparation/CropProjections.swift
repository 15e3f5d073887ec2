public import Penstock
internal import PenstockEvents

/// Cuts projections to a part of the detector. Centres are then counted in the columns that are left.
public struct CropProjections: Operator {
    private let rows: Range<Int>?
    private let columns: Range<Int>?

    /// Rows and columns that stay, counted from 0, the upper bound not included; nil keeps all.
    public init(rows: Range<Int>? = nil, columns: Range<Int>? = nil) {
        for range in [rows, columns].compactMap(\.self) {
            precondition(range.lowerBound >= 0 && !range.isEmpty, "what stays has pixels of the detector")
        }
        self.rows = rows
        self.columns = columns
    }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Cuts the projections, one by one.
    /// - Throws: `TomographyError.projectionTooSmall`
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) throws {
        for event in events { output.append(try cropped(event.value), time: event.time) }
    }

    private func cropped(_ projection: Projection) throws -> Projection {
        let kept = (rows: rows ?? 0..<projection.rows, columns: columns ?? 0..<projection.columns)
        guard kept.rows.upperBound <= projection.rows, kept.columns.upperBound <= projection.columns else {
            throw TomographyError.projectionTooSmall(
                what: "rows \(kept.rows.lowerBound):\(kept.rows.upperBound) and columns "
                    + "\(kept.columns.lowerBound):\(kept.columns.upperBound)", rows: projection.rows,
                columns: projection.columns)
        }
        return projection.withValues(
            rows: kept.rows.count, columns: kept.columns.count, firstRow: projection.firstRow + kept.rows.lowerBound
        ) { values, result in
            for row in 0..<kept.rows.count {
                let start = (kept.rows.lowerBound + row) * projection.columns + kept.columns.lowerBound
                for column in 0..<kept.columns.count {
                    result[row * kept.columns.count + column] = values[start + column]
                }
            }
        }
    }
}
