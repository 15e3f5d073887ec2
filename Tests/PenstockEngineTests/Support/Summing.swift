import PenstockEvents

@testable import PenstockEngine

/// A sum with the number of events in it, kept over snapshots.
struct RunningSum: Snapshotable, Event, Equatable {
    var sum: Int64 = 0
    var count: Int64 = 0

    static let schema = Schema("RunningSum", fields: [.init("sum", .i64), .init("count", .i64)])

    init() {}

    func write(to record: inout RecordWriter) {
        record.append(sum)
        record.append(count)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        sum = try record.readInteger()
        count = try record.readInteger()
    }

    func snapshot(into records: inout RecordWriter) { records.append(self) }

    init(restoring records: [RecordReader]) throws(RecordError) {
        guard var record = records.first else { throw .tooShort(needed: 16, available: 0) }
        try self.init(reading: &record)
    }
}

/// The sum of a window by what enters and leaves it.
struct WindowSum: Sendable, Equatable {
    var sum: Int64
    var count: Int
    var index: Int
    var part = 0
    var isComplete: Bool
    var isLast: Bool
}

/// Sums windows, each result in `parts` parts.
struct Summing: WindowOperator {
    var parts = 1
    /// Parts that put nothing out.
    var silent = false
    /// The number that cannot be added.
    var poison: Int64?

    func makeState() -> RunningSum { RunningSum() }

    func add(_ event: Sample, state: inout RunningSum, context: OperatorContext) throws {
        if event.number == poison { throw Failure() }
        state.sum += event.number
        state.count += 1
    }

    func remove(_ event: Sample, state: inout RunningSum, context: OperatorContext) {
        state.sum -= event.number
        state.count -= 1
    }

    func emit(
        _ pane: WindowPane, part: Int, state: inout RunningSum, into output: inout Output<WindowSum>,
        context: OperatorContext
    ) -> EmitProgress {
        precondition(Int(state.count) == pane.count, "events were added or removed behind the operator's back")
        if !silent || part == parts - 1 {
            output.append(
                WindowSum(
                    sum: state.sum, count: pane.count, index: pane.index, part: part, isComplete: pane.isComplete,
                    isLast: pane.isLast), time: pane.time)
        }
        return part + 1 < parts ? .more : .complete
    }
}

/// Puts out the running sum of all events so far, and at the end their number.
struct Running: Operator {
    func makeState() -> RunningSum { RunningSum() }

    func process(
        _ events: Events<Sample>, state: inout RunningSum, into output: inout Output<Int64>, context: OperatorContext
    ) throws {
        precondition(!events.isEmpty, "an operator was called without events")
        for event in events {
            guard event.value.number != -99 else { throw Failure() }
            state.sum += event.value.number
            state.count += 1
            output.append(state.sum, time: event.time)
        }
    }

    func control(
        _ record: ControlRecord, state: inout RunningSum, into output: inout Output<Int64>, context: OperatorContext
    ) {
        output.append(-1, time: Timestamp(nanoseconds: 0))
    }

    func finish(state: inout RunningSum, into output: inout Output<Int64>, context: OperatorContext) {
        output.append(state.count, time: Timestamp(nanoseconds: 0))
    }
}
