internal import PenstockEvents

/// Drives an author's `Operator` over the elements of a stream.
struct OperatorProcessor<Op: Operator>: Processor {
    private let operation: Op
    private let context: OperatorContext
    private let origin: Origin
    private var state: Op.State
    private var pending = PendingOutput()
    private var sequence: UInt64 = 0
    private var failures: FailedEvents
    /// Whether the operator has been told of the end, which comes once more where a run goes on from there.
    private var hasEnded = false

    init(_ operation: Op, context: OperatorContext, origin: Origin) {
        self.operation = operation
        self.context = context
        self.origin = origin
        failures = FailedEvents(context.stage)
        state = operation.makeState()
    }

    mutating func accept(_ element: StreamElement) throws {
        var output = Output<Op.Out>(capacity: element.eventCount)
        var marks: [BehindMark] = []
        switch element {
        case .batch(let batch) where batch.count == 0:
            // How a filter's empty batches fall must not be seen.
            break
        case .batch(let batch):
            // Behind a drained savepoint there may be more.
            hasEnded = false
            for (part, mark) in batch.partsByMark {
                let before = output.count
                try process(part, into: &output)
                if let mark { marks += output.marks(from: before, behind: mark.watermark) }
            }
        case .control(let record):
            try call { try operation.control(record, state: &state, into: &output, context: context) }
        case .watermark, .barrier:
            break
        case .end where hasEnded:
            break
        case .end:
            hasEnded = true
            try call { try operation.finish(state: &state, into: &output, context: context) }
        }
        pending.put(&output, marks, before: element, origin: origin, sequence: &sequence)
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func next() -> StreamElement? { pending.take() }

    private mutating func process(_ batch: Batch, into output: inout Output<Op.Out>) throws {
        var batch = batch
        while batch.count > 0 {
            do {
                return try operation.process(Events(batch), state: &state, into: &output, context: context)
            } catch let failure as EventFailure where (0..<batch.count).contains(failure.position) {
                try failures.refuse(batch, row: batch.rows[failure.position], failure.error)
                let rest = Column<UInt32>(capacity: batch.count)
                let first = failure.position + 1
                for k in first..<batch.count { rest.values[k - first] = UInt32(batch.rows[k]) }
                batch.selection = Selection(rest, count: batch.count - first)
            } catch {
                throw failures.failure(at: batch.place(of: batch.rows[0]), error)
            }
        }
    }

    func snapshot(into writer: inout StateWriter) {
        writer.chunk { chunk in
            chunk.put(sequence)
            chunk.put(pending.forwarded.nanoseconds)
            chunk.put(hasEnded)
            chunk.put(state)
        }
    }

    mutating func restore(_ chunks: [StateChunk]) throws {
        for chunk in chunks {
            var decoder = StateDecoder(chunk)
            sequence = try decoder.integer()
            pending.forwarded = try decoder.watermark()
            hasEnded = try decoder.bool()
            state = try decoder.snapshot()
        }
    }

    private func call(_ body: () throws -> Void) throws {
        do { try body() } catch { throw EngineError.stage(context.stage, error) }
    }
}

extension StateEncoder {
    /// Appends a state record by record.
    mutating func put(_ state: some Snapshotable) {
        var records = RecordWriter()
        state.snapshot(into: &records)
        put(UInt64(records.attributeEnds.count))
        var start = 0
        for (end, payload) in zip(records.attributeEnds, records.payloads) {
            put(records.attributes[start..<end])
            put(payload)
            start = end
        }
    }
}

extension StateDecoder {
    /// The next state that was written record by record.
    mutating func snapshot<State: Snapshotable>(_ type: State.Type = State.self) throws -> State {
        // The readers refer to this memory.
        var attributes: [UInt8] = []
        var parts: [(range: Range<Int>, payload: Payload)] = []
        for _ in 0..<(try integer(UInt64.self)) {
            let start = attributes.count
            attributes += try data()
            parts.append((start..<attributes.count, try payload()))
        }
        return try attributes.withUnsafeBytes { memory in
            let readers = parts.map { part in
                RecordReader(attributes: UnsafeRawBufferPointer(rebasing: memory[part.range]), payload: part.payload)
            }
            return try State(restoring: readers)
        }
    }
}

extension StreamElement {
    var eventCount: Int {
        if case .batch(let batch) = self { batch.count } else { 0 }
    }
}

/// The output of an operator for one element: its events, then what the element itself says to later stages.
struct PendingOutput {
    private var batch: Batch?
    private var following: StreamElement?
    fileprivate(set) var forwarded = Timestamp.distantPast

    /// Takes the events that an operator put out and the element that caused them.
    mutating func put<Value>(
        _ output: inout Output<Value>, _ marks: [BehindMark], before element: StreamElement, origin: Origin,
        sequence: inout UInt64
    ) {
        if output.count > 0 {
            let (values, times, count) = output.builder.take(capacity: 1)
            batch = Batch(
                origin: origin, baseSequence: sequence, rowCount: count, times: times, values: values, behind: marks,
                watermark: forwarded)
            sequence += UInt64(count)
        }
        switch element {
        case .batch(let source):
            if source.watermark > forwarded { following = .watermark(source.watermark) }
            forwarded = max(forwarded, source.watermark)
        case .watermark(let time):
            if time > forwarded { following = element }
            forwarded = max(forwarded, time)
        case .control, .barrier, .end:
            following = element
        }
    }

    mutating func take() -> StreamElement? {
        if let batch {
            self.batch = nil
            return .batch(batch)
        }
        defer { following = nil }
        return following
    }
}

extension Batch {
    /// The batch in parts: each event that is behind by itself, with its mark, so that what comes of it is known.
    fileprivate var partsByMark: [(part: Batch, mark: BehindMark?)] {
        guard !behind.isEmpty else { return [(self, nil)] }
        var parts: [(part: Batch, mark: BehindMark?)] = []
        var rows: [UInt32] = []
        func close(_ mark: BehindMark?) {
            guard !rows.isEmpty else { return }
            parts.append((selecting(rows), mark))
            rows.removeAll(keepingCapacity: true)
        }
        forEachMarkedRow { row, mark in
            if mark != nil { close(nil) }
            rows.append(UInt32(row))
            if let mark { close(mark) }
        }
        close(nil)
        return parts
    }
}

extension Output {
    /// Marks for the events from the `first`-th on that are not behind a watermark in time: they come of one that is not.
    fileprivate func marks(from first: Int, behind watermark: Timestamp) -> [BehindMark] {
        (first..<max(first, count)).filter { builder.times.values[$0] <= watermark.nanoseconds }.map {
            BehindMark(row: UInt32($0), watermark: watermark)
        }
    }
}
