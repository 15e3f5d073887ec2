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

    func snapshot(into state: inout StateWriter) throws {
        try state.chunk { chunk in
            chunk.put(watermark.nanoseconds)
            chunk.put(forwarded.nanoseconds)
            chunk.put(sequence)
            for batch in waiting.batches { try chunk.put(batch) }
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        for chunk in state {
            var decoder = StateDecoder(chunk)
            watermark = Timestamp(nanoseconds: try decoder.integer())
            forwarded = Timestamp(nanoseconds: try decoder.integer())
            sequence = try decoder.integer()
            while !decoder.isAtEnd { waiting.add(try decoder.batch(of: element)) }
        }
    }
}
