import PenstockEvents

@testable import PenstockEngine
@testable import PenstockTomography

/// Calls an operator as the engine does, one call at a time, and keeps its state between the calls.
final class StageDriver<Op: Operator> {
    private let operation: Op
    private(set) var state: Op.State
    private let remarks = Remarks()

    init(_ operation: Op) {
        self.operation = operation
        state = operation.makeState()
    }

    /// What was reported so far.
    var reported: [RunRemark] { remarks.all }

    /// Hands over events as one batch; the n-th event has the time n. Gives what comes out.
    func process(_ events: [Op.In]) throws -> [Op.Out] {
        try output {
            try operation.process(Events(batch(events)), state: &state, into: &$0, context: remarks.context())
        }
    }

    func control(_ record: ControlRecord) throws -> [Op.Out] {
        try output { try operation.control(record, state: &state, into: &$0, context: remarks.context()) }
    }

    func finish() throws -> [Op.Out] {
        try output { try operation.finish(state: &state, into: &$0, context: remarks.context()) }
    }

    /// Writes the state down and goes on with what is read back.
    func restore() throws { state = try restored(state) }

    private func batch(_ events: [Op.In]) -> Batch {
        var builder = ColumnBuilder<Op.In>(capacity: events.count)
        for (index, event) in events.enumerated() { builder.append(event, time: Int64(index)) }
        let (values, times, count) = builder.take(capacity: 1)
        return Batch(
            origin: Origin(stage: 0, partition: 0), baseSequence: 0, rowCount: count, times: times, values: values,
            watermark: .distantPast)
    }

    private func output(_ body: (inout Output<Op.Out>) throws -> Void) throws -> [Op.Out] {
        var output = Output<Op.Out>(capacity: 1)
        try body(&output)
        return output.taken()
    }
}

/// Calls a window operator as the engine does.
final class WindowDriver<Op: WindowOperator> {
    private let operation: Op
    private let parallelism: Int
    private var state: Op.State
    private let remarks = Remarks()

    init(_ operation: Op, parallelism: Int = 1) {
        self.operation = operation
        self.parallelism = parallelism
        state = operation.makeState()
    }

    /// What was reported so far.
    var reported: [RunRemark] { remarks.all }

    func add(_ events: [Op.In]) throws {
        for event in events { try operation.add(event, state: &state, context: remarks.context(parallelism)) }
    }

    func remove(_ events: [Op.In]) throws {
        for event in events { try operation.remove(event, state: &state, context: remarks.context(parallelism)) }
    }

    /// All parts of a window's result.
    func emit(_ pane: WindowPane) throws -> [Op.Out] {
        var results: [Op.Out] = []
        var part = 0
        while true {
            var output = Output<Op.Out>(capacity: 1)
            let progress = try operation.emit(
                pane, part: part, state: &state, into: &output, context: remarks.context(parallelism))
            results += output.taken()
            if progress == .complete { return results }
            part += 1
        }
    }

    /// Writes the state down and goes on with what is read back.
    func restore() throws { state = try restored(state) }
}

/// The state that `state` becomes when it is written down and read back.
private func restored<State: Snapshotable>(_ state: State) throws -> State {
    var records = RecordWriter()
    state.snapshot(into: &records)
    let (ends, payloads) = (records.attributeEnds, records.payloads)
    return try records.attributes.withUnsafeBytes { bytes in
        var start = 0
        var readers: [RecordReader] = []
        for (end, payload) in zip(ends, payloads) {
            readers.append(
                RecordReader(attributes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), payload: payload))
            start = end
        }
        return try State(restoring: readers)
    }
}

extension Output {
    /// Takes out what was put in.
    fileprivate mutating func taken() -> [Value] {
        let (values, _, count) = builder.take(capacity: 1)
        return Array(UnsafeBufferPointer(start: values.base.assumingMemoryBound(to: Value.self), count: count))
    }
}

/// Collects what an operator reports.
private final class Remarks: Sendable {
    private let remarks = Guarded<[RunRemark]>([])

    var all: [RunRemark] { remarks.withLock { $0 } }

    func context(_ parallelism: Int = 1) -> OperatorContext {
        OperatorContext(stage: StageName(flow: "test", stage: "stage"), parallelism: parallelism) { remark in
            self.remarks.withLock { $0.append(remark) }
        }
    }
}
