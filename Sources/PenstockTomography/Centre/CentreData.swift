public import Penstock
internal import PenstockEvents

/// What a stored scan has for finding its rotation centre: the sinogram of one detector row, and two projections half a turn apart.
///
/// The whole scan goes once through the stages that a reconstruction of it would have, some frames at a time; kept are the row and the two
/// projections. So the centre counts in the columns that these stages leave of the detector, and so does the row.
public struct CentreData: Sendable {
    /// The row, counted as `Projection.firstRow` counts: on the whole detector, after binning in rows of binned pixels.
    public let row: Int
    /// The rows that the stages leave.
    public let rows: Range<Int>
    /// The columns that the stages leave.
    public let columns: Int
    /// The angle in degrees of each line.
    public let anglesDegrees: [Double]
    /// The row of all projections, `[projection, column]`: in the order of the scan, or of the angles round the circle where stripes were
    /// removed.
    public let lines: [Float]
    /// A projection and the one nearest to half a turn from it, `[row, column]`; nil where one of them was left out.
    public let opposite: (first: [Float], second: [Float])?
    /// How far apart they are; 180 degrees at best.
    public let oppositeDegrees: Double
    /// What the stages warned of.
    public let warnings: [String]

    /// Reads the scan at `path`.
    /// - Parameters:
    ///   - row: The row; nil for the middle one.
    ///   - stripes: What is done with the sinogram of the row.
    ///   - preparation: From frames to attenuations; by default the flat field and -log.
    /// - Throws: `FormatError`, naming file and dataset; `TomographyError` for a scan without projections; `EngineError` with what a stage throws,
    ///   and with `TomographyError.rowOutside`.
    public init(
        _ path: String, _ options: ScanFile.Options = ScanFile.Options(), row: Int? = nil,
        stripes: [StripeRemoval] = [],
        @FlowBuilder preparation: (Flow<Stream<Frame>>) -> Stream<Projection> = CentreData.flatFieldAndLog
    ) async throws {
        let pair = Self.opposite(try OpenScan(path, options).anglesDegrees)
        let kept = KeptLines(row: row, projections: [pair.first, pair.second])
        let frames = Flow("scan") {
            From(ScanFile(path, options))
        }
        let progress = try await Flow("centre") {
            preparation(frames)
            To(kept)
        }.run()
        let found = kept.found
        guard let first = found.lines.first else { throw TomographyError.noAngles }
        self.row = first.firstRow
        (rows, columns) = (found.rows, first.columns)
        warnings = progress.remarks.compactMap { if case .warning(let text) = $0 { text } else { nil } }
        if let first = found.whole[pair.first], let second = found.whole[pair.second] {
            opposite = (
                first.values.withValues(of: Float.self, Array.init),
                second.values.withValues(of: Float.self, Array.init)
            )
            oppositeDegrees = abs(second.angleDegrees - first.angleDegrees)
        } else {
            (opposite, oppositeDegrees) = (nil, 0)
        }
        let sinograms = try WindowSinograms(found.lines, steps: stripes)
        anglesDegrees = sinograms.geometry.anglesDegrees
        lines = sinograms.sinogram(row: 0).values
    }

    /// The least that a search for the centre needs.
    @FlowBuilder public static func flatFieldAndLog(_ frames: Flow<Stream<Frame>>) -> Stream<Projection> {
        frames
        FlatField()
        MinusLog()
    }

    /// The sinogram of the first 180 degrees, in order of the angles, for Vo's search.
    public var halfTurn: Sinogram {
        let first = anglesDegrees.min() ?? 0
        let places = anglesDegrees.indices.filter { anglesDegrees[$0] - first < 180 }
            .sorted { (anglesDegrees[$0], $0) < (anglesDegrees[$1], $1) }
        return Sinogram(columns: columns, values: places.flatMap { lines[$0 * columns..<($0 + 1) * columns] })
    }

    /// The two projections that are nearest to half a turn apart; the earliest of those that are as near.
    static func opposite(_ angles: [Double]) -> (first: Int, second: Int) {
        let sorted = angles.indices.sorted { (angles[$0], $0) < (angles[$1], $1) }
        var best = (first: sorted.first ?? 0, second: sorted.last ?? 0, error: Double.infinity)
        var upper = 0
        for place in sorted {
            // What lies half a turn further moves on with the first angle.
            while upper + 1 < sorted.count,
                abs(angles[sorted[upper + 1]] - angles[place] - 180) <= abs(angles[sorted[upper]] - angles[place] - 180)
            {
                upper += 1
            }
            let error = abs(angles[sorted[upper]] - angles[place] - 180)
            if error < best.error - 1e-9 { best = (place, sorted[upper], error) }
        }
        return (best.first, best.second)
    }
}

/// Keeps one row of all projections, and all rows of some.
private struct KeptLines: Sink {
    struct Found {
        /// Projections of the row alone.
        var lines: [Projection] = []
        /// Whole projections, by their numbers.
        var whole: [Int: Projection] = [:]
        /// The rows that there are.
        var rows = 0..<0
    }

    let row: Int?
    let projections: [Int]
    private let kept = Guarded(Found())

    init(row: Int?, projections: [Int]) {
        self.row = row
        self.projections = projections
    }

    /// What was kept.
    var found: Found { kept.withLock { $0 } }

    var summary: String { "a row and \(projections.count) projections" }

    func check(_ context: SinkContext) {}

    func open(_ context: SinkContext) -> any SinkWriter<Projection> { Writer(sink: self) }

    private func keep(_ projection: Projection, in found: inout Found) throws(TomographyError) {
        let rows = projection.firstRow..<projection.firstRow + projection.rows
        let row = row ?? rows.lowerBound + rows.count / 2
        guard rows.contains(row) else { throw .rowOutside(row, rows: rows) }
        found.rows = rows
        let start = (row - rows.lowerBound) * projection.columns
        var line = projection.withValues(rows: 1, columns: projection.columns, firstRow: row) { values, result in
            for column in 0..<projection.columns { result[column] = values[start + column] }
        }
        // Stripes do not ask where the axis is, but a sinogram has one.
        line.centre = Double(projection.columns - 1) / 2
        found.lines.append(line)
        if projections.contains(projection.index) { found.whole[projection.index] = projection }
    }

    private struct Writer: SinkWriter {
        let sink: KeptLines

        mutating func write(_ events: Events<Projection>) throws {
            try sink.kept.withLock { found in
                for event in events { try sink.keep(event.value, in: &found) }
            }
        }

        mutating func finish() {}

        mutating func abandon() {}
    }
}
