internal import Glibc
public import Penstock
public import PenstockEvents

/// Tells every projection of a scan where the rotation axis is: the given column, or the one that Vo's method finds.
///
/// An automatic centre is found in the middle row of the first 180 degrees, so those projections wait here until there are enough of
/// them, or the scan ends; then they go on. A running scan can be steered to another centre: it holds from then on.
public struct FindCentre: Operator {
    private let centre: RotationCentre

    /// A centre that is given or has to be found.
    public init(_ centre: RotationCentre) { self.centre = centre }

    /// The projections that wait.
    public struct State: Snapshotable {
        var scan: ScanID?
        var column: Double?
        /// The column that the running scan was steered to last.
        var steered: Double?
        var waiting: [(projection: Projection, time: Timestamp)] = []

        init() {}
    }

    /// Nothing seen yet.
    public func makeState() -> State { State() }

    /// Passes projections on once the centre is known.
    public func process(
        _ events: Events<Projection>, state: inout State, into output: inout Output<Projection>,
        context: OperatorContext
    ) throws {
        for event in events {
            var projection = event.value
            if state.scan != projection.scan {
                try release(&state, into: &output, context)
                state = State()
                state.scan = projection.scan
                if case .column(let column) = centre { state.column = try checked(column, projection) }
            }
            if let steered = projection.steering.centre, steered != state.steered {
                state.steered = steered
                try steer(to: steered, projection, &state, into: &output, context)
            }
            if let column = state.column {
                projection.centre = column
                output.append(projection, time: event.time)
                continue
            }
            state.waiting.append((projection, event.time))
            if abs(projection.travelDegrees) >= 180 { try release(&state, into: &output, context) }
        }
    }

    /// Releases the projections that wait when their scan ends.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        guard case .scanEnd = record else { return }
        try release(&state, into: &output, context)
        state = State()
    }

    /// Releases the projections that wait when the stream ends.
    public func finish(
        state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        try release(&state, into: &output, context)
    }

    /// The axis is where whoever watches the scan says, unless that is not on the detector: a slip must not end the scan.
    private func steer(
        to column: Double, _ projection: Projection, _ state: inout State, into output: inout Output<Projection>,
        _ context: OperatorContext
    ) throws {
        do throws(TomographyError) {
            let column = try checked(column, projection)
            place(at: column, &state, into: &output)
            state.column = column
        } catch {
            context.report(.warning("at projection \(projection.index): \(error.summary); it stays where it was"))
        }
    }

    private func checked(_ column: Double, _ projection: Projection) throws(TomographyError) -> Double {
        // Half acquisition puts the axis near an edge; far outside no reconstruction is possible.
        guard column >= 0, column <= Double(projection.columns - 1) else {
            throw .centreOutside(column, columns: projection.columns)
        }
        return column
    }

    private func release(
        _ state: inout State, into output: inout Output<Projection>, _ context: OperatorContext
    ) throws {
        guard !state.waiting.isEmpty else { return }
        let column = try find(state.waiting.map(\.projection), context)
        state.column = column
        place(at: column, &state, into: &output)
    }

    /// Lets the projections that wait go on.
    private func place(at column: Double, _ state: inout State, into output: inout Output<Projection>) {
        for (projection, time) in state.waiting {
            var placed = projection
            placed.centre = column
            output.append(placed, time: time)
        }
        state.waiting = []
    }

    private func find(_ projections: [Projection], _ context: OperatorContext) throws -> Double {
        let halfTurn = projections.filter { abs($0.travelDegrees) < 180 }.sorted {
            ($0.travelDegrees, $0.index) < ($1.travelDegrees, $1.index)
        }
        let columns = halfTurn[0].columns
        let row = halfTurn[0].rows / 2
        var values: [Float] = []
        values.reserveCapacity(halfTurn.count * columns)
        for projection in halfTurn {
            projection.values.withValues(of: Float.self) { values += $0[row * columns..<(row + 1) * columns] }
        }
        let found = try VoCentre(Sinogram(columns: columns, values: values))
        if found.isAtEndOfRange {
            context.report(
                .warning(
                    "the rotation centre \(found.centre) lies at the end of the searched range: give --centre instead"))
        }
        if let travel = halfTurn.last?.travelDegrees, travel < 150 {
            context.report(
                .warning(
                    "the rotation centre was looked for in \(Int(travel.rounded())) degrees only: it needs about 180"))
        }
        return found.centre
    }
}

extension FindCentre.State {
    /// Writes the centre and the projections that wait.
    public func snapshot(into records: inout RecordWriter) {
        records.append(
            Beginning(scan: scan?.number ?? 0, column: column ?? .nan, steered: steered ?? .nan))
        for (projection, time) in waiting {
            records.append(Moment(nanoseconds: time.nanoseconds))
            records.append(projection)
        }
    }

    /// Brings back the centre and the projections that wait.
    public init(restoring records: [RecordReader]) throws(RecordError) {
        self.init()
        guard var first = records.first, records.count.isMultiple(of: 2) == false else {
            throw .invalidField("records of a snapshot of FindCentre")
        }
        let beginning = try Beginning(reading: &first)
        scan = beginning.scan == 0 ? nil : ScanID(beginning.scan)
        column = beginning.column.isNaN ? nil : beginning.column
        steered = beginning.steered.isNaN ? nil : beginning.steered
        for index in stride(from: 1, to: records.count, by: 2) {
            var (moment, stored) = (records[index], records[index + 1])
            let time = Timestamp(nanoseconds: try Moment(reading: &moment).nanoseconds)
            waiting.append((try Projection(reading: &stored), time))
        }
    }

    private struct Beginning: FixedEvent {
        let scan: UInt64
        let column: Double
        let steered: Double
        static let schema = Schema(
            "FindCentreBeginning",
            fields: [.init("scan", .u64), .init("column", .f64), .init("steered", .f64)])
    }
}

/// The rotation centre that a reconstruction of a scan used, as an event to record.
public struct CentreUsed: FixedEvent {
    /// The scan's number.
    public let scan: UInt64
    /// The column that the rotation axis projects to.
    public let column: Double

    /// What the records hold.
    public static let schema = Schema(
        "CentreUsed", fields: [.init("scan", .u64), .init("column", .f64, unit: "column")])
}

/// One event for each scan with the centre that its projections carry, and one more each time it is steered to another.
public struct CentreOfScan: Operator {
    /// No scan yet.
    public init() {}

    /// The last scan that was told of, and its centre.
    public struct State: Snapshotable {
        var scan: UInt64 = 0
        var column = 0.0

        /// Writes the scan's number and centre.
        public func snapshot(into records: inout RecordWriter) {
            records.append(CentreUsed(scan: scan, column: column))
        }

        init() {}

        /// Brings them back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            guard var first = records.first else { throw .invalidField("records of a snapshot of CentreOfScan") }
            let told = try CentreUsed(reading: &first)
            (scan, column) = (told.scan, told.column)
        }
    }

    /// No scan yet.
    public func makeState() -> State { State() }

    /// Puts out the centre with the first projection that has it.
    public func process(
        _ events: Events<Projection>, state: inout State, into output: inout Output<CentreUsed>,
        context: OperatorContext
    ) {
        for event in events {
            let scan = event.value.scan.number
            guard let column = event.value.centre, scan != state.scan || column != state.column else { continue }
            (state.scan, state.column) = (scan, column)
            output.append(CentreUsed(scan: state.scan, column: column), time: event.time)
            context.report(.fact(name: "rotation_centre", value: "\(column)"))
        }
    }
}
