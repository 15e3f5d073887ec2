internal import PenstockEvents

/// Drives a `WindowOperator` over windows by position.
///
/// The events of the window are kept here, oldest first, because the operator is told which one leaves.
struct PositionWindowProcessor<Op: WindowOperator>: SidedProcessor {
    private let operation: Op
    private let windows: PositionWindows
    private let position: @Sendable (Op.In, Int64?) throws -> Int64
    private let context: OperatorContext
    private let origin: Origin

    private var state: Op.State
    private var inside: [(event: Op.In, position: Int64, time: Timestamp)] = []
    private var arrived = 0
    private var sinceLastWindow = 0
    private var nextEnd: Int64?
    private var index = 0
    private var emitting: (pane: WindowPane, part: Int)?
    private var queue: [StreamElement] = []
    private var arriving: [(event: Op.In, time: Timestamp, row: Int)] = []
    /// The batch of the arriving events.
    private var arrivingBatch: Batch?
    var side = SideRows()
    private var forwarded = Timestamp.distantPast
    private var sequence: UInt64 = 0
    private(set) var statistics = OperatorStatistics()

    init(
        _ operation: Op, windows: PositionWindows, position: @escaping @Sendable (Op.In, Int64?) throws -> Int64,
        context: OperatorContext, origin: Origin
    ) {
        self.operation = operation
        self.windows = windows
        self.position = position
        self.context = context
        self.origin = origin
        state = operation.makeState()
    }

    mutating func accept(_ element: StreamElement) throws {
        switch element {
        case .batch(let batch):
            arriving = zip(Events<Op.In>(batch), batch.rows.numbers).map { ($0.value, $0.time, $1) }
            arriving.reverse()
            arrivingBatch = batch
            if batch.watermark > forwarded { queue = [.watermark(batch.watermark)] }
        case .watermark, .control, .barrier, .end:
            queue = [element]
            guard endsScan(element) else { break }
            if case .control(.scanEnd) = element {
                try closeLastWindow(byScanEnd: true)
            } else {
                try closeLastWindow(byScanEnd: false)
            }
        }
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure()
        measure.add(events: inside.count, bytesEach: MemoryLayout<(Op.In, Int64, Timestamp)>.stride)
        measure.openWindows = inside.isEmpty || sinceLastWindow == 0 ? 0 : 1
        return measure
    }

    mutating func next() throws -> StreamElement? {
        while true {
            if let emitting {
                if let batch = try emit(emitting.pane, part: emitting.part) { return batch }
                continue
            }
            if let (event, time, row) = arriving.popLast() {
                try arrive(event, time, row)
                continue
            }
            if let batch = arrivingBatch {
                side.finish(batch)
                arrivingBatch = nil
            }
            guard let element = queue.popLast() else { return nil }
            if endsScan(element) { startAgain() }
            if case .watermark(let time) = element { forwarded = max(forwarded, time) }
            return element
        }
    }

    func snapshot(into writer: inout StateWriter) throws {
        guard let coding = valueCoding(of: Op.In.self) else { throw StateNotWritable(.events, "\(Op.In.self)") }
        try writer.chunk { chunk in
            for number in [arrived, sinceLastWindow, index] { chunk.put(Int64(number)) }
            chunk.put(instant: nextEnd)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
            chunk.put(state)
            chunk.put(UInt64(inside.count))
            for (event, position, time) in inside {
                chunk.put(position)
                chunk.put(time.nanoseconds)
                try coding.put(event, &chunk)
            }
        }
    }

    mutating func restore(_ chunks: [StateChunk]) throws {
        guard let coding = valueCoding(of: Op.In.self) else { throw StateNotWritable(.events, "\(Op.In.self)") }
        for chunk in chunks {
            var decoder = StateDecoder(chunk)
            arrived = Int(try decoder.integer(Int64.self))
            sinceLastWindow = Int(try decoder.integer(Int64.self))
            index = Int(try decoder.integer(Int64.self))
            nextEnd = try decoder.instant()
            forwarded = try decoder.watermark()
            sequence = try decoder.integer()
            state = try decoder.snapshot()
            inside = []
            for _ in 0..<(try decoder.count()) {
                let position: Int64 = try decoder.integer()
                let time = Timestamp(nanoseconds: try decoder.integer())
                inside.append((try coding.value(&decoder), position, time))
            }
        }
    }

    private func endsScan(_ element: StreamElement) -> Bool {
        switch element {
        case .end, .control(.scanEnd), .control(.scanStart): true
        default: false
        }
    }

    // MARK: Events in

    /// Takes one event, after the windows that end before it; those that remain to be put out make the event wait.
    private mutating func arrive(_ event: Op.In, _ time: Timestamp, _ row: Int) throws {
        let place = try located(event)
        if case .sliding(let size, let every) = windows.rule {
            let end = nextEnd ?? Self.firstEnd(after: place, every)
            nextEnd = end
            if place >= end {
                // A window that no event of the scan entered gives no row.
                try dropBefore(end - size)
                arriving.append((event, time, row))
                nextEnd = inside.isEmpty ? Self.firstEnd(after: place, every) : end + every
                beginWindow(isComplete: end >= size, isLast: false)
                return
            }
            guard place >= end - size else {
                leave(row, isOutside: place >= end - every)
                return
            }
        }
        if case .latest(let count, let every) = windows.rule {
            // A window that is due waits for the next event, so that the last one of a scan is known to be the last.
            if sinceLastWindow == every {
                arriving.append((event, time, row))
                beginWindow(isComplete: arrived >= count, isLast: false)
                return
            }
            while inside.count >= count { try dropFirst() }
        }
        try call { try operation.add(event, state: &state, context: context) }
        inside.append((event, place, time))
        arrived += 1
        sinceLastWindow += 1
    }

    private mutating func leave(_ row: Int, isOutside: Bool) {
        if isOutside { statistics.outsideEvents += 1 } else { statistics.lateEvents += 1 }
        side.put(row, at: isOutside ? .outside : .late)
    }

    private static func firstEnd(after place: Int64, _ every: Int64) -> Int64 { place - floorMod(place, every) + every }

    private func located(_ event: Op.In) throws -> Int64 {
        do { return try position(event, inside.last?.position) } catch { throw EngineError.stage(context.stage, error) }
    }

    private mutating func dropBefore(_ start: Int64) throws {
        while let first = inside.first, first.position < start { try dropFirst() }
    }

    private mutating func dropFirst() throws {
        let oldest = inside.removeFirst()
        try call { try operation.remove(oldest.event, state: &state, context: context) }
    }

    // MARK: Windows out

    private mutating func beginWindow(isComplete: Bool, isLast: Bool) {
        guard let newest = inside.last else { return }
        emitting = (
            WindowPane(index: index, count: inside.count, isComplete: isComplete, isLast: isLast, time: newest.time), 0
        )
        index += 1
        sinceLastWindow = 0
    }

    private mutating func closeLastWindow(byScanEnd: Bool) throws {
        switch windows.rule {
        case .whole:
            beginWindow(isComplete: byScanEnd, isLast: true)
        case .sliding(let size, _):
            guard let newest = inside.last?.position else { return }
            try dropBefore(newest - size + 1)
            beginWindow(isComplete: reaches(size), isLast: true)
        case .latest(let count, _):
            beginWindow(isComplete: arrived >= count, isLast: true)
        }
    }

    /// Whether the newest event stands behind `end`, or so near to it that none can be missing before it, by the mean step of the window.
    private func reaches(_ end: Int64) -> Bool {
        guard let oldest = inside.first, let newest = inside.last, inside.count > 1 else { return false }
        let step = (newest.position - oldest.position) / Int64(inside.count - 1)
        // Half a step more, since steps are never quite even.
        return newest.position + step + step / 2 >= end
    }

    private mutating func startAgain() {
        state = operation.makeState()
        inside = []
        (arrived, sinceLastWindow, nextEnd, index) = (0, 0, nil, 0)
    }

    private mutating func emit(_ pane: WindowPane, part: Int) throws -> StreamElement? {
        var output = Output<Op.Out>(capacity: 1)
        var progress = EmitProgress.complete
        try call {
            progress = try operation.emit(pane, part: part, state: &state, into: &output, context: context)
        }
        emitting = progress == .more ? (pane, part + 1) : nil
        guard output.count > 0 else { return nil }
        let (values, times, count) = output.builder.take(capacity: 1)
        defer { sequence += UInt64(count) }
        return .batch(
            Batch(
                origin: origin, baseSequence: sequence, rowCount: count, times: times, values: values,
                watermark: forwarded))
    }

    private func call(_ body: () throws -> Void) throws {
        do { try body() } catch { throw EngineError.stage(context.stage, error) }
    }
}
