internal import PenstockEvents

/// Puts events of several origins into canonical order: by effective time, then by origin, then by sequence.
///
/// The sequence of the rows of a keyed stage, whose instances are one origin, begins with the canonical bytes of the key. Rows wait
/// until the watermark has reached their effective time. What comes from one partition or has one key keeps its own order.
struct OrderedMerge: Processor {
    /// The type of the values, for the rows of a checkpoint.
    private let element: ValueType
    private var waiting = WaitingRuns()
    private var chosen: ChosenRows
    private var watermark = Timestamp.distantPast
    private var forwarded = Timestamp.distantPast
    private var following = ElementSlot()
    private var sequence: UInt64 = 0

    init(batchEvents: Int, of element: ValueType) {
        self.element = element
        chosen = ChosenRows(capacity: batchEvents)
    }

    mutating func accept(_ element: StreamElement) {
        switch element {
        case .batch(let batch):
            waiting.add(batch)
            watermark = max(watermark, batch.watermark)
        case .watermark(let time):
            watermark = max(watermark, time)
        case .control, .barrier:
            following.put(element)
        case .end:
            watermark = .distantFuture
            following.put(element)
        }
    }

    mutating func next() -> StreamElement? {
        waiting.choose(upTo: watermark.nanoseconds, into: &chosen)
        if chosen.count > 0 {
            // Where several instances go on from what one had given out, their rows are numbered behind that.
            if let first = waiting.sequence(ofFirst: chosen) { sequence = max(sequence, first) }
            let batch = waiting.gather(&chosen, baseSequence: sequence, watermark: forwarded)
            sequence += UInt64(batch.count)
            return .batch(batch)
        }
        if let element = following.take() {
            if case .end = element { forwarded = .distantFuture }
            return element
        }
        guard watermark > forwarded else { return nil }
        forwarded = watermark
        return .watermark(watermark)
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
