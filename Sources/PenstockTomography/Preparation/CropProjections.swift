public import Penstock
internal import PenstockEvents

/// Cuts projections to a part of the detector. Centres are then counted in the columns that are left.
public struct CropProjections: Operator {
    private let rows: Range<Int>?
    private let columns: Range<Int>?
    private let isPart: Bool

    /// Rows and columns of the detector that stay, counted from 0, the upper bound not included; nil keeps all.
    /// - Parameter isPart: Whether projections may have some of these rows only, as those of a part of a scan do.
    public init(rows: Range<Int>? = nil, columns: Range<Int>? = nil, isPart: Bool = false) {
        for range in [rows, columns].compactMap(\.self) {
            precondition(range.lowerBound >= 0 && !range.isEmpty, "what stays has pixels of the detector")
        }
        self.rows = rows
        self.columns = columns
        self.isPart = isPart
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

    private static func tooSmall(_ what: String, _ range: Range<Int>, _ projection: Projection) -> TomographyError {
        .projectionTooSmall(
            what: "the crop to \(what) \(range.lowerBound):\(range.upperBound)", rows: projection.rows,
            columns: projection.columns)
    }

    private func cropped(_ projection: Projection) throws -> Projection {
        let present = projection.firstRow..<projection.firstRow + projection.rows
        let wanted = rows ?? present
        let kept = (rows: isPart ? wanted.clamped(to: present) : wanted, columns: columns ?? 0..<projection.columns)
        guard present.contains(kept.rows.lowerBound), kept.rows.upperBound <= present.upperBound else {
            throw Self.tooSmall("rows", wanted, projection)
        }
        guard kept.columns.upperBound <= projection.columns else {
            throw Self.tooSmall("columns", kept.columns, projection)
        }
        return projection.withValues(
            rows: kept.rows.count, columns: kept.columns.count, firstRow: kept.rows.lowerBound
        ) { values, result in
            for row in 0..<kept.rows.count {
                let place = kept.rows.lowerBound - projection.firstRow + row
                let start = place * projection.columns + kept.columns.lowerBound
                for column in 0..<kept.columns.count {
                    result[row * kept.columns.count + column] = values[start + column]
                }
            }
        }
    }
}
