internal import PenstockEvents

/// Puts events into canonical order: by effective time, then by origin, then by sequence.
///
/// The sequence of the rows of a keyed stage, whose instances are one origin, begins with the time of the row and the canonical bytes of the
/// key. Rows wait until the watermark has reached their effective time. What comes from one partition or has one key keeps its own order.
///
/// Either all events are one sequence then, for work that sees one event after the other whatever its origin: their batches have several
/// origins. Or each origin is in its order, for aggregates that fold each origin by itself: then batches have one origin each.
struct OrderedMerge: TimedProcessor {
    /// What is put in order.
    enum Scope: String, Sendable, Hashable {
        /// All events.
        case all
        /// The events of each origin.
        case eachOrigin = "each-origin"
        /// The rows of each keyed stage; others come in their sequence and do not wait.
        case keyedStages = "keyed-stages"
    }

    private let scope: Scope
    /// Batches that leave next.
    private var leaving: [Batch] = []
    /// The type of the values, for the rows of a checkpoint.
    private let element: ValueType
    private var waiting = WaitingRuns()
    private var chosen: ChosenRows
    var time = StageTime()
    private var sequence: UInt64 = 0

    init(batchEvents: Int, of element: ValueType, _ scope: Scope = .all) {
        self.scope = scope
        self.element = element
        chosen = ChosenRows(capacity: batchEvents)
    }

    mutating func accept(_ element: StreamElement) {
        time.observe(element)
        guard case .batch(let batch) = element else { return }
        if scope == .keyedStages, !batch.origin.isKeyed {
            // The rows that wait have not left, so time has not come as far.
            leaving.append(batch)
            leaving[leaving.count - 1].watermark = forwarded
        } else {
            waiting.add(batch)
        }
    }

    mutating func next() -> StreamElement? {
        if leaving.isEmpty {
            waiting.choose(upTo: watermark.nanoseconds, into: &chosen)
            if chosen.count > 0 {
                // Where several instances go on from what one had given out, their rows are numbered behind that.
                if let first = waiting.sequence(ofFirst: chosen) { sequence = max(sequence, first) }
                leaving = waiting.gather(
                    &chosen, byOrigin: scope != .all, sequence: &sequence, watermark: forwarded)
            }
        }
        if !leaving.isEmpty { return .batch(leaving.removeFirst()) }
        return time.next()
    }

    /// Takes all that waits, in order.
    mutating func release() -> [Batch] {
        var released: [Batch] = []
        while waiting.count > 0 {
            waiting.choose(upTo: .max, into: &chosen)
            released += waiting.gather(&chosen, byOrigin: scope != .all, sequence: &sequence, watermark: forwarded)
        }
        return released
    }

    func measure() -> StateMeasure {
        var measure = StateMeasure()
        measure.add(events: waiting.count, bytesEach: element.stride + MemoryLayout<Int64>.stride)
        return measure
    }

    func snapshot(into state: inout StateWriter) throws {
        state.chunk { chunk in
            chunk.put(false)
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
        }
        var groups: [UInt16?: [Batch]] = [:]
        for batch in waiting.batches {
            for (group, part) in batch.partsByGroup { groups[group, default: []].append(part) }
        }
        for (group, parts) in groups.sorted(by: { ($0.key ?? 0) < ($1.key ?? 0) }) {
            try state.chunk(group: group) { chunk in
                chunk.put(true)
                for part in parts { try chunk.put(part) }
            }
        }
    }

    /// Whether a chunk of a checkpoint has events in it.
    static func holdsEvents(_ chunk: StateChunk) -> Bool { chunk.bytes.first == 1 }

    mutating func restore(_ state: [StateChunk]) throws {
        for chunk in state {
            var decoder = StateDecoder(chunk)
            guard try decoder.bool() else {
                watermark = max(watermark, try decoder.watermark())
                forwarded = max(forwarded, try decoder.watermark())
                sequence = max(sequence, try decoder.integer())
                continue
            }
            while !decoder.isAtEnd { waiting.add(try decoder.batch(of: element)) }
        }
    }
}
