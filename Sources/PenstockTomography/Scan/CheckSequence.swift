public import Penstock
public import PenstockEvents

/// Looks at the numbers of the projections of a scan: one that comes again is left out, and those that never came are told of when the scan
/// ends.
///
/// Projections may come in any order. A lost one needs nothing else: its neighbours in angle count for it (`AngularWeights`). Where the scan
/// says at its beginning how many projections it will have, those that are missing at its end are counted, too: so a scan that was broken off
/// is told of. Flats and darks pass as they come.
public struct CheckSequence: Operator {
    /// The check.
    public init() {}

    /// Which projections of the scan have come.
    public struct State: Snapshotable {
        var scan: ScanID?
        /// How many the scan said that it would have; 0 where it did not say.
        var announced = 0
        var came = IndexRanges()
        /// How many came again, and the first of them.
        var repeats = 0
        var firstRepeat = 0

        init() {}
    }

    /// Nothing has come.
    public func makeState() -> State { State() }

    /// Passes frames on, but for projections that came already.
    public func process(
        _ events: Events<Frame>, state: inout State, into output: inout Output<Frame>, context: OperatorContext
    ) throws {
        for event in events {
            let frame = event.value
            if state.scan != frame.scan {
                tell(&state, context)
                state.scan = frame.scan
            }
            guard frame.kind == .projection, state.came.insert(frame.index) else {
                output.append(frame, time: event.time)
                continue
            }
            if state.repeats == 0 { state.firstRepeat = frame.index }
            state.repeats += 1
        }
    }

    /// Begins with a scan, and tells of it when it ends.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Frame>, context: OperatorContext
    ) throws {
        switch record {
        case .scanStart(let start):
            tell(&state, context)
            state.scan = start.scan
            state.announced = start.properties["projections"].flatMap(Int.init) ?? 0
        case .scanEnd: tell(&state, context)
        default: break
        }
    }

    /// Tells of a scan that has no end.
    public func finish(state: inout State, into output: inout Output<Frame>, context: OperatorContext) throws {
        tell(&state, context)
    }

    /// Says what was wrong with the scan, and forgets it.
    private func tell(_ state: inout State, _ context: OperatorContext) {
        defer { state = State() }
        if state.repeats > 0 {
            context.report(.fact(name: "projections_repeated", value: "\(state.repeats)"))
            context.report(
                .warning(
                    state.repeats == 1
                        ? "projection \(state.firstRepeat) came twice: it counts once"
                        : "\(state.repeats) projections came again, the first of them projection \(state.firstRepeat): each counts once"
                ))
        }
        guard !state.came.isEmpty else { return }
        let gaps = state.came.gaps
        let missing = gaps.map(\.count).reduce(0, +)
        if missing > 0 {
            context.report(.fact(name: "projections_missing", value: "\(missing)"))
            context.report(
                .warning("\(Self.text(gaps)) never came: the neighbours in angle count for what is missing"))
        }
        if state.came.end < state.announced {
            context.report(
                .fact(name: "projections_missing_at_end", value: "\(state.announced - state.came.end)"))
            context.report(
                .warning(
                    "the scan was broken off: it has \(state.came.end) of the \(state.announced) projections that it announced"
                ))
        }
    }

    /// The most gaps that a message names.
    private static let mostNamed = 5

    /// `projections 57, 93-94 and more (12 of them)`.
    private static func text(_ gaps: [Range<Int>]) -> String {
        let names = gaps.prefix(mostNamed).map {
            $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)"
        }
        let count = gaps.map(\.count).reduce(0, +)
        guard count > 1 else { return "projection \(names[0])" }
        return "\(count) projections (\(names.joined(separator: ", "))\(gaps.count > mostNamed ? " and more" : ""))"
    }
}

extension CheckSequence.State {
    /// Writes what has come as a record for each range, behind one with the rest.
    public func snapshot(into records: inout RecordWriter) {
        records.append(
            Beginning(
                scan: scan?.number ?? 0, announced: Int64(announced), repeats: Int64(repeats),
                firstRepeat: Int64(firstRepeat)))
        for range in came.ranges {
            records.append(IndexSpan(first: Int64(range.lowerBound), end: Int64(range.upperBound)))
        }
    }

    /// Brings it back.
    public init(restoring records: [RecordReader]) throws(RecordError) {
        self.init()
        guard var first = records.first else { throw .invalidField("records of a snapshot of CheckSequence") }
        let beginning = try Beginning(reading: &first)
        scan = beginning.scan == 0 ? nil : ScanID(beginning.scan)
        (announced, repeats) = (Int(beginning.announced), Int(beginning.repeats))
        firstRepeat = Int(beginning.firstRepeat)
        for record in records.dropFirst() {
            var record = record
            let span = try IndexSpan(reading: &record)
            guard span.first < span.end else { throw .invalidField("range of projections") }
            came.ranges.append(Int(span.first)..<Int(span.end))
        }
    }

    private struct Beginning: FixedEvent {
        let scan: UInt64
        let announced: Int64
        let repeats: Int64
        let firstRepeat: Int64

        static let schema = Schema(
            "CheckSequenceBeginning",
            fields: [
                .init("scan", .u64), .init("announced", .i64), .init("repeats", .i64), .init("first_repeat", .i64),
            ])
    }

    private struct IndexSpan: FixedEvent {
        let first: Int64
        let end: Int64
        static let schema = Schema("IndexSpan", fields: [.init("first", .i64), .init("end", .i64)])
    }
}
