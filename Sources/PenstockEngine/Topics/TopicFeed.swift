internal import PenstockEvents
internal import PenstockLog

/// Reads a topic into a stage: a persisted one as far as this run or a recorded scan goes, any other from its beginning to its end.
struct TopicFeed {
    let stage: StageName
    let topic: String
    let codec: EventCodec
    let disorder: Disorder
    let origin: Origin
    let range: PersistedRange?
    let run: RunState
    /// Where a run that goes on from a checkpoint begins, or nil.
    var restored: StateChunk?

    /// Which part of a persisted topic is read.
    enum PersistedRange: Sendable {
        /// From `start` on, as far as `board` says, until this run has written everything.
        case live(start: UInt64, board: CommitBoard)
        /// One recorded scan; to the end of the topic where its recording broke off.
        case scan(RecordedScan)
        /// All records there are.
        case everything
    }

    /// Calls `body` with the elements of the topic, the last of them `.end`, and `barrier` between two of them where a checkpoint is due.
    func deliver(
        _ body: (StreamElement) async throws -> Void, barrier: (UInt64, StateChunk) async throws -> Void
    ) async throws -> StateChunk {
        do {
            guard let store = run.log else { preconditionFailure("a plan with topics ran without a log") }
            var clock = PartitionClock(disorder)
            var position = start
            if let restored {
                let (offset, hasEnded) = try Self.restore(restored, &clock)
                if hasEnded {
                    try await body(.end)
                    return restored
                }
                position = .offset(offset)
            }
            let reader = try await store.reader(for: TopicPartition(topic), from: position)
            defer { Task { await reader.close() } }
            return try await deliver(from: reader, &clock, body, barrier)
        } catch let error as LogError {
            throw EngineError.stage(stage, error)
        } catch let error as RecordError {
            throw EngineError.stage(stage, error)
        }
    }

    private var start: ReadPosition {
        switch range {
        case .live(let start, _): .offset(start)
        case .scan(let scan): .offset(scan.startOffset)
        case .everything, nil: .earliest
        }
    }

    private static func restore(
        _ chunk: StateChunk, _ clock: inout PartitionClock
    ) throws -> (position: UInt64, hasEnded: Bool) {
        var state = StateDecoder(chunk)
        try clock.restore(&state)
        return (try state.integer(), try state.bool())
    }

    /// What a checkpoint says of a topic that nothing has been read of; nil where all of it is read.
    static func beginning(_ range: PersistedRange, _ disorder: Disorder) -> StateChunk? {
        guard case .live(let start, _) = range else { return nil }
        return state(PartitionClock(disorder), start)
    }

    private static func state(_ clock: PartitionClock, _ position: UInt64, hasEnded: Bool = false) -> StateChunk {
        var state = StateEncoder()
        clock.snapshot(into: &state)
        state.put(position)
        state.put(hasEnded)
        return StateChunk(group: nil, bytes: state.bytes)
    }

    private func deliver(
        from reader: any TopicReader, _ clock: inout PartitionClock, _ body: (StreamElement) async throws -> Void,
        _ barrier: (UInt64, StateChunk) async throws -> Void
    ) async throws -> StateChunk {
        var lastEpoch: UInt64 = 0
        reading: while true {
            if run.isStopping { throw RunStopped() }
            if let epoch = run.checkpoints?.requested(after: lastEpoch) {
                lastEpoch = epoch
                try await barrier(epoch, Self.state(clock, reader.position))
            }
            if case .live(_, let board) = range {
                switch try await board.waitForMore(after: reader.position) {
                case .more: break
                case .finished: break reading
                case .interrupted: continue
                }
            }
            guard let entry = try await reader.next() else { break }
            switch entry {
            case .records(let records):
                for batch in try batches(records, &clock) { try await body(.batch(batch)) }
            case .control(let record, let offset):
                switch record {
                case .timeMark(let time):
                    clock.observe(mark: time)
                    try await body(.watermark(clock.watermark))
                case .endOfStream:
                    break reading
                case .scanStart(let start):
                    if case .scan(let scan) = range, offset > scan.startOffset { break reading }
                    run.progress.note(properties: start.properties)
                    try await body(.control(record))
                case .scanEnd:
                    try await body(.control(record))
                    if case .scan = range { break reading }
                case .producer, .transactionBegin, .transactionCommit, .transactionAbort:
                    continue
                }
            }
        }
        try await body(.end)
        return Self.state(clock, await reader.position, hasEnded: true)
    }

    /// The bytes of payloads after which a batch of several events ends, so that few of them wait in the channels behind.
    static let batchPayloadBytes = 256 << 10

    /// The records as batches of at most the run's number of events, and of not much more than `batchPayloadBytes`.
    private func batches(_ records: RecordBatch, _ clock: inout PartitionClock) throws -> [Batch] {
        let (values, times) = try codec.decode(records)
        let behind = try clock.observe(times.values, count: records.count, stage: stage)
        var batch = Batch(
            origin: origin, baseSequence: records.baseOffset, rowCount: records.count, times: times, values: values,
            behind: behind, watermark: clock.watermark)
        let ends = partEnds(of: records)
        guard ends.count > 1 else { return [batch] }
        // Parts share the columns; only the last one carries the watermark, which holds behind all of them.
        return zip([0] + ends, ends).map { start, end in
            let rows = Column<UInt32>(capacity: end - start)
            for row in start..<end { rows.values[row - start] = UInt32(row) }
            batch.selection = Selection(rows, count: end - start)
            batch.watermark = end == records.count ? clock.watermark : .distantPast
            return batch
        }
    }

    /// Where the parts of the records end.
    private func partEnds(of records: RecordBatch) -> [Int] {
        var ends: [Int] = []
        var start = 0
        var bytes = 0
        for record in 0..<records.count {
            if records.hasPayloads { bytes += records.payload(at: record).count }
            guard record + 1 - start == run.options.batchEvents || bytes >= Self.batchPayloadBytes else { continue }
            ends.append(record + 1)
            start = record + 1
            bytes = 0
        }
        return ends.last == records.count ? ends : ends + [records.count]
    }
}
