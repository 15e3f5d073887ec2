public import Penstock
public import PenstockEvents

/// Turns transmissions with the fringes of phase contrast into those of absorption alone, for a sample of one material; before `MinusLog`.
///
/// The Fourier transform of each projection is multiplied by 1 / (1 + pi lambda d f^2 / alpha), f in cycles per length. D. Paganin et al.,
/// J. Microsc. 206, 33, 2002, DOI 10.1046/j.1365-2818.2002.01010.x. Projections are continued by their edge values; all rows of the detector
/// must be in them. Transmissions that are not finite count as 1.
public struct RetrievePhase: Operator {
    private let parameters: PaganinParameters

    /// Phase retrieval with these parameters.
    public init(_ parameters: PaganinParameters) { self.parameters = parameters }

    /// The filter for the size of the projections; nothing that a snapshot needs.
    public struct State: Snapshotable {
        fileprivate var filter: PaganinFilter?

        init() {}

        /// Writes nothing.
        public func snapshot(into records: inout RecordWriter) {}

        /// As at the beginning.
        public init(restoring records: [RecordReader]) throws(RecordError) {}
    }

    /// No filter yet.
    public func makeState() -> State { State() }

    /// Filters the projections, one by one.
    public func process(
        _ events: Events<Projection>, state: inout State, into output: inout Output<Projection>,
        context: OperatorContext
    ) {
        for event in events {
            let (rows, columns) = (event.value.rows, event.value.columns)
            let filter: PaganinFilter
            if let last = state.filter, last.rows == rows, last.columns == columns {
                filter = last
            } else {
                filter = PaganinFilter(parameters, rows: rows, columns: columns)
                state.filter = filter
            }
            output.append(event.value.withValues { filter.apply($0, into: $1) }, time: event.time)
        }
    }
}

/// Plans and factors for projections of one size.
private final class PaganinFilter: Sendable {
    let rows: Int
    let columns: Int
    private let paddedRows: Int
    private let paddedColumns: Int
    private let forward: RealFourierPlan
    private let backward: InverseRealFourierPlan
    /// The factors of the half spectrum, [row, column], with the norm of the two transforms.
    private let factors: [Float]

    init(_ parameters: PaganinParameters, rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        paddedRows = goodFFTSize(atLeast: rows + parameters.reachPixels)
        paddedColumns = goodFFTSize(atLeast: columns + parameters.reachPixels)
        forward = RealFourierPlan(rows: paddedRows, columns: paddedColumns)
        backward = InverseRealFourierPlan(rows: paddedRows, columns: paddedColumns)
        let pixel = parameters.pixelSizeCentimetres
        let (height, width) = (paddedRows, paddedColumns)
        factors = (0..<height).flatMap { row in
            let vertical = Double(min(row, height - row)) / (Double(height) * pixel)
            return (0...width / 2).map { column in
                let horizontal = Double(column) / (Double(width) * pixel)
                let factor = parameters.factor(frequencySquared: vertical * vertical + horizontal * horizontal)
                return Float(factor / Double(height * width))
            }
        }
    }

    func apply(_ values: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>) {
        let image = FourierBuffer(count: paddedRows * paddedColumns)
        let spectrum = FourierBuffer(complexCount: paddedRows * (paddedColumns / 2 + 1))
        let (top, left) = ((paddedRows - rows) / 2, (paddedColumns - columns) / 2)
        for row in 0..<paddedRows {
            let start = min(max(row - top, 0), rows - 1) * columns
            for column in 0..<paddedColumns {
                let value = values[start + min(max(column - left, 0), columns - 1)]
                image.base[row * paddedColumns + column] = value.isFinite ? value : 1
            }
        }
        forward.execute(image, into: spectrum)
        for (index, factor) in factors.enumerated() {
            spectrum.base[2 * index] *= factor
            spectrum.base[2 * index + 1] *= factor
        }
        backward.execute(spectrum, into: image)
        for row in 0..<rows {
            for column in 0..<columns {
                result[row * columns + column] = image.base[(row + top) * paddedColumns + column + left]
            }
        }
    }
}
