public import Penstock
public import PenstockEvents

/// Says when a scan is good enough, and ends it there if it is to.
///
/// The first window that has all projections its rule asks for, and whose middle slice meets the criterion, is told as the fact
/// `good_enough_at_window`. For a scan that is to end a steering is put out that stops it: in a topic that the source of the scan follows
/// (`SteeringTopics`) it comes back to the source, which ends the scan where it is by then. That place is recorded.
public struct JudgeScan: Operator {
    private let criterion: QualityCriterion
    private let stops: Bool

    /// Judges by a criterion; `stops` says whether a scan that is good enough ends.
    public init(_ criterion: QualityCriterion, stops: Bool) {
        self.criterion = criterion
        self.stops = stops
    }

    /// The last scan that was good enough.
    public struct State: Snapshotable {
        var scan: UInt64 = 0

        init() {}

        /// Writes the scan's number.
        public func snapshot(into records: inout RecordWriter) { records.append(Judged(scan: scan)) }

        /// Brings the scan's number back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            guard var first = records.first else { throw .invalidField("records of a snapshot of JudgeScan") }
            scan = try Judged(reading: &first).scan
        }

        private struct Judged: FixedEvent {
            let scan: UInt64
            static let schema = Schema("JudgedScan", fields: [.init("scan", .u64)])
        }
    }

    /// No scan yet.
    public func makeState() -> State { State() }

    /// Looks at the middle slices.
    public func process(
        _ events: Events<WindowQuality>, state: inout State, into output: inout Output<Steering>,
        context: OperatorContext
    ) {
        for event in events {
            let quality = event.value
            guard quality.isMiddle, quality.isComplete == 1, quality.scan != state.scan, criterion.isMet(by: quality)
            else { continue }
            state.scan = quality.scan
            context.report(.fact(name: "good_enough_at_window", value: "\(quality.window)"))
            guard stops else { continue }
            var steering = Steering()
            steering.stops = true
            output.append(steering, time: event.time)
        }
    }
}
