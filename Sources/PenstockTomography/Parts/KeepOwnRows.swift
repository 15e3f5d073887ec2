public import Penstock
public import PenstockEvents

/// Keeps of each projection the rows that become the slices of a part of the scan, once filters that need their neighbours are done.
public struct KeepOwnRows: Operator {
    private let rows: PartRows

    /// The rows of a part.
    public init(_ rows: PartRows) { self.rows = rows }

    /// The detector's rows, as the beginning of the scan tells them.
    public struct State: Snapshotable {
        fileprivate var detectorRows = 0

        init() {}

        /// Writes the number of rows.
        public func snapshot(into records: inout RecordWriter) { records.append(Detector(rows: UInt64(detectorRows))) }

        /// Brings it back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            guard var first = records.first else { throw .invalidField("records of a snapshot of KeepOwnRows") }
            detectorRows = Int(try Detector(reading: &first).rows)
        }

        private struct Detector: FixedEvent {
            let rows: UInt64
            static let schema = Schema("DetectorRows", fields: [.init("rows", .u64)])
        }
    }

    /// Nothing known yet.
    public func makeState() -> State { State() }

    /// Looks at how many rows the detector has.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        guard case .scanStart(let start) = record else { return }
        state.detectorRows = try ScanProperties.detectorRows(start)
    }

    /// Cuts the projections, one by one.
    public func process(
        _ events: Events<Projection>, state: inout State, into output: inout Output<Projection>,
        context: OperatorContext
    ) throws {
        let own = try rows.own(ofDetector: state.detectorRows)
        for event in events { output.append(try event.value.keeping(rows: own), time: event.time) }
    }
}

extension Projection {
    /// Some of its rows, counted as `firstRow` counts them; itself where it has no others.
    /// - Throws: `TomographyError.rowOutside`
    func keeping(rows range: Range<Int>) throws(TomographyError) -> Projection {
        let present = firstRow..<firstRow + rows
        guard range != present else { return self }
        for row in [range.lowerBound, range.upperBound - 1] where !present.contains(row) {
            throw .rowOutside(row, rows: present)
        }
        var result = self
        result.firstRow = range.lowerBound
        result.rows = range.count
        let start = 4 * columns * (range.lowerBound - firstRow)
        result.values = values[start..<start + 4 * columns * range.count]
        return result
    }
}
