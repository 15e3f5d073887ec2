internal import PenstockEvents

/// Joins the events of two inputs that have the same key and lie in the same window of time.
///
/// Events are kept by slice and side as they come. When a window closes, those of each side are put into the order of their keys, and of
/// a key into canonical order, and both sides are gone through together. Allowed lateness is waited for: a window answers once, so
/// much later, and the output's watermark stays behind by as much.
struct WindowJoin: TimedProcessor, SidedProcessor {
    private let stage: StageName
    private let windows: TimeWindows
    private let lateness: Int64
    private let kernel: JoinKernel
    private let origin: Origin

    /// By start.
    private var slices: [JoinSlice] = []
    private var keys: JoinKeys
    var time = StageTime()
    private var lastClosed: Int64?
    private var closing: ClosingJoin?
    private var output: JoinOutput
    private var sequence: UInt64 = 0
    private var failures: FailedEvents
    private(set) var statistics = OperatorStatistics()
    var side = SideRows()

    init(_ windows: TimeWindows, lateness: Int64, _ kernel: JoinKernel, _ context: OperatorContext, origin: Origin) {
        stage = context.stage
        failures = FailedEvents(context.stage)
        self.windows = windows
        self.lateness = lateness
        self.kernel = kernel
        self.origin = origin
        keys = JoinKeys(context.stage)
        output = JoinOutput(of: kernel.output, limit: context.batchEvents)
    }

    mutating func accept(_ element: StreamElement) {
        if case .batch(let batch) = element {
            add(batch)
            side.finish(batch)
        }
        time.observe(element)
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure(bytes: keys.byteCount)
        for slice in slices {
            for input: UInt8 in 0...1 {
                let kept = slice.kept(input)
                measure.add(events: kept.events.count, bytesEach: kept.bytesEach)
            }
        }
        (measure.openWindows, measure.firstEnd) = windows.open(slices: slices.map(\.start), behind: lastClosed)
        return measure
    }

    mutating func report(to failures: FailedEvents) { self.failures = failures }

    mutating func next() throws -> StreamElement? {
        while !output.isFull, var window = takeClosing() {
            if try window.join(kernel, into: &output, keys, failures) {
                closing = window
            } else {
                dropClosedSlices()
            }
        }
        if let batch = output.take(keys, origin: origin, sequence: &sequence, watermark: forwarded) {
            return .batch(batch)
        }
        keys.forget { [slices] in slices.reduce(into: []) { $0.formUnion($1.codes) } }
        return time.next(reached)
    }

    /// The watermark less the lateness: windows whose last instant it has reached close.
    private var reached: Timestamp { watermark.held(by: lateness) }

    // MARK: Adding

    private mutating func add(_ batch: Batch) {
        let codes = keys.codes(of: batch)
        defer { withExtendedLifetime((batch, codes)) {} }
        guard batch.behind.isEmpty else {
            batch.forEachMarkedRow { row, mark in
                if let mark, !isTaken(batch.times.values[row], mark) {
                    side.put(row, at: batch.input == 0 ? .late : .lateRight)
                    return
                }
                add(batch, row, codes.values[row], effectiveTime: batch.effectiveTime(row, mark))
            }
            return
        }
        let rows = batch.rows
        let (times, values, stride) = (batch.times.values, batch.values.base, batch.values.element.stride)
        var k = 0
        while k < rows.count {
            guard let bounds = windows.slice(containing: times[rows[k]]) else {
                statistics.outsideEvents += 1
                k += 1
                continue
            }
            let kept = slice(bounds).kept(batch.input)
            let length = UInt64(bitPattern: bounds.end &- bounds.start)
            while k < rows.count {
                let row = rows[k]
                guard UInt64(bitPattern: times[row] &- bounds.start) < length else { break }
                let place = batch.place(row, effectiveTime: times[row])
                kept.append(values + row &* stride, code: codes.values[row], place: place)
                k += 1
            }
        }
    }

    private mutating func add(_ batch: Batch, _ row: Int, _ code: UInt64, effectiveTime: Int64) {
        guard let bounds = windows.slice(containing: batch.times.values[row]) else {
            statistics.outsideEvents += 1
            return
        }
        let place = batch.place(row, effectiveTime: effectiveTime)
        slice(bounds).kept(batch.input).append(
            batch.values.base + row * batch.values.element.stride, code: code, place: place)
    }

    /// Whether some window still takes an event that is behind; counts the windows that do not, or the event.
    private mutating func isTaken(_ time: Int64, _ mark: BehindMark) -> Bool {
        guard let slice = windows.slice(containing: time) else { return true }
        let expired = mark.watermark.held(by: lateness).nanoseconds
        if windows.lastEnd(ofSlice: slice.start) - 1 <= expired {
            statistics.lateEvents += 1
            return false
        }
        statistics.lateWindows += windows.closedCount(ofSlice: slice.start, watermark: expired)
        return true
    }

    private mutating func slice(_ bounds: (start: Int64, end: Int64)) -> JoinSlice {
        // The newest slices are at the end, and nearly every event belongs to one of them.
        var at = slices.count
        while at > 0, slices[at - 1].start >= bounds.start {
            if slices[at - 1].start == bounds.start { return slices[at - 1] }
            at -= 1
        }
        let slice = JoinSlice(start: bounds.start, kernel)
        slices.insert(slice, at: at)
        return slice
    }

    // MARK: Closing

    /// The window that is being joined, or the next one that is due; nil when there is none.
    private mutating func takeClosing() -> ClosingJoin? {
        if let window = closing {
            closing = nil
            return window
        }
        while let first = slices.first?.start {
            var end = windows.firstEnd(ofSlice: first)
            if let lastClosed, end <= lastClosed { end = lastClosed + windows.every }
            guard end <= windows.lastEnd(ofSlice: first) else {
                slices.removeFirst()
                continue
            }
            guard end - 1 <= reached.nanoseconds else { return nil }
            lastClosed = end
            return assemble(end)
        }
        return nil
    }

    private func assemble(_ end: Int64) -> ClosingJoin {
        let start = end - windows.size
        var lefts: [KeptEvent] = []
        var rights: [KeptEvent] = []
        for slice in slices where slice.start >= start && slice.start < end {
            slice.sort(keys)
            lefts += slice.lefts
            rights += slice.rights
        }
        if windows.size != windows.every {
            // The slices follow each other in order, so that sorting is merging them.
            keys.sort(&lefts)
            keys.sort(&rights)
        }
        // An event that is behind may be late for some of its windows: its effective time says so.
        let last = end - 1 + lateness
        if lefts.contains(where: { $0.place.effectiveNanoseconds > last }) {
            lefts.removeAll { $0.place.effectiveNanoseconds > last }
        }
        if rights.contains(where: { $0.place.effectiveNanoseconds > last }) {
            rights.removeAll { $0.place.effectiveNanoseconds > last }
        }
        return ClosingJoin(
            WindowSpan(start, end), time: end - 1, turn: end - 1 + lateness, lefts: lefts, rights: rights, keys, kernel)
    }

    private mutating func dropClosedSlices() {
        guard let lastClosed else { return }
        let windows = windows
        slices.removeAll { windows.lastEnd(ofSlice: $0.start) <= lastClosed }
    }

    // MARK: Checkpoints

    func snapshot(into state: inout StateWriter) throws {
        state.chunk { chunk in
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
            // Behind the end of input nothing is open: what goes on from there may begin any window anew.
            chunk.put(watermark == .distantFuture ? .min : lastClosed ?? .min)
        }
        var groups = GroupedState()
        for slice in slices {
            for input in [UInt8(0), 1] {
                for event in slice.kept(input).events { try put(event, of: input, into: &groups) }
            }
        }
        groups.write(into: &state)
    }

    private func put(_ event: KeptEvent, of input: UInt8, into groups: inout GroupedState) throws {
        let coding = try kernel.element(of: input).writable()
        try groups.put(keys.group(of: event.code)) { chunk in
            chunk.put(input)
            keys.put(event.code, into: &chunk)
            chunk.put(event.place)
            try coding.write(event.value, &chunk)
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        for chunk in state {
            var decoder = StateDecoder(chunk)
            guard chunk.group != nil else {
                watermark = max(watermark, try decoder.watermark())
                forwarded = max(forwarded, try decoder.watermark())
                sequence = max(sequence, try decoder.integer())
                let closed: Int64 = try decoder.integer()
                if closed != .min { lastClosed = max(lastClosed ?? closed, closed) }
                continue
            }
            while !decoder.isAtEnd {
                let input: UInt8 = try decoder.integer()
                let code = try keys.code(from: &decoder)
                let place = try decoder.place()
                guard let bounds = windows.slice(containing: place.nanoseconds) else { throw StateDamaged() }
                let coding = try kernel.element(of: input).writable()
                try slice(bounds).kept(input).append(code: code, place: place) { try coding.read(&decoder, $0) }
            }
        }
    }
}

extension JoinKernel {
    /// The type of the events of an input.
    func element(of input: UInt8) -> ValueType { input == 0 ? left : right }
}

extension ValueType {
    /// The coding of the values.
    /// - Throws: `StateNotWritable` where there is none.
    func writable() throws -> any ValueCoding {
        guard let coding else { throw StateNotWritable(.events, name) }
        return coding
    }
}

extension Timestamp {
    /// The watermark of a stage that answers `delay` nanoseconds later; the ends of time stay what they are.
    func held(by delay: Int64) -> Timestamp {
        if self == .distantPast || self == .distantFuture { return self }
        // Before the first event there is nothing to hold back.
        return Timestamp(nanoseconds: nanoseconds < .min + delay ? .min : nanoseconds - delay)
    }
}
