internal import PenstockEvents
internal import PenstockLog

/// Reads one partition of a topic: a persisted one as far as this run or a recorded scan goes, any other from its beginning to its end, or
/// on behind that until its stream ends.
struct TopicFeed: SourceFeed {
    private let partition: TopicPartition
    private let codec: EventCodec
    private let range: PersistedRange?
    private let run: RunState
    /// Rings when there is more in a partition that is followed; nil for one that is not.
    private let bell: SourceBell?
    private var watch: EndWatch?
    private var reader: (any TopicReader)?
    /// The next offset. Behind the records that were read but not given yet it is the reader's.
    private var next: UInt64 = 0
    private var parts: PendingParts?
    /// Whether the scan that is replayed has been given to its end.
    private var isScanOver = false

    /// Which part of a persisted topic is read.
    enum PersistedRange: Sendable {
        /// From `start` on, as far as `board` says, until this run has written everything.
        case live(start: UInt64, board: CommitBoard)
        /// One recorded scan; to the end of the topic where its recording broke off.
        case scan(RecordedScan, ReplayBounds?)
        /// All records there are.
        case everything(ReplayBounds?)

        /// Which of the records are read; nil for all.
        var bounds: ReplayBounds? {
            switch self {
            case .live: nil
            case .scan(_, let bounds), .everything(let bounds): bounds
            }
        }
    }

    /// Records that have been decoded and are given in several batches, which share their columns.
    private struct PendingParts {
        let columns: FeedBatch
        var ends: ArraySlice<Int>
        var start: Int
    }

    init(
        _ partition: TopicPartition, _ codec: EventCodec, range: PersistedRange?, run: RunState,
        following bell: SourceBell? = nil
    ) {
        self.partition = partition
        self.codec = codec
        self.range = range
        self.run = run
        self.bell = bell
        // Until the topic is opened this is where it will be.
        if case .offset(let offset) = start { next = offset }
    }

    var passesOnMarks: Bool { false }

    var position: SourcePosition { SourcePosition(events: next) }

    mutating func begin(at position: SourcePosition, eventLimit: Int) async throws {
        // At the beginning of a topic there may be fewer records now than there were.
        try await open(position.events == 0 ? .earliest : .offset(position.events))
    }

    mutating func read(eventLimit: Int) async throws -> FeedBatch {
        if let part = takePart() { return part }
        let reader = try await opened()
        if case .live(_, let board) = range {
            // Not `next`: the log's own records, which nobody sees, are behind the reader's position.
            switch try await board.waitForMore(after: reader.position, clock: run.clock) {
            case .more: break
            case .finished: return nothing(.end)
            case .interrupted: return nothing(.more)
            }
        }
        if let watch {
            guard try watch.isOver() else { return nothing(.more) }
            self.watch = nil
        }
        guard !isScanOver, let entry = try await reader.next() else {
            guard let bell, !isScanOver else { return nothing(.end) }
            watch = EndWatch(reader, bell)
            return nothing(.more)
        }
        switch entry {
        case .records(let records):
            let (values, times, unreadable) = codec.decode(records)
            let (ends, payloadBytes) = partEnds(of: records, eventLimit)
            parts = PendingParts(
                columns: FeedBatch(
                    values: values, times: times, rowCount: records.count, baseSequence: records.baseOffset,
                    payloadBytes: payloadBytes, appendTime: records.appendTime, progress: .more,
                    unreadable: unreadable),
                ends: ends[...], start: 0)
            return takePart() ?? nothing(.more)
        case .control(let record, let offset):
            if case .scanStart = record, case .scan(let scan, _) = range, offset > scan.startOffset {
                return nothing(.end)
            }
            if case .scanEnd = record, case .scan = range { isScanOver = true }
            next = offset + 1
            return nothing(progress(after: record))
        }
    }

    func close() async {
        await watch?.cancel()
        await reader?.close()
    }

    private func progress(after record: ControlRecord) -> SourceProgress {
        switch record {
        case .endOfStream: .end
        case .timeMark, .scanStart, .scanEnd: .control(record)
        case .producer, .transactionBegin, .transactionCommit, .transactionAbort: .more
        }
    }

    /// A batch without events.
    func nothing(_ progress: SourceProgress) -> FeedBatch {
        FeedBatch(
            values: ValueColumn(codec.element, capacity: 0), times: Column(capacity: 0), rowCount: 0,
            baseSequence: next,
            progress: progress)
    }

    // MARK: Opening

    private mutating func opened() async throws -> any TopicReader {
        if let reader { return reader }
        return try await open(start)
    }

    @discardableResult
    private mutating func open(_ position: ReadPosition) async throws -> any TopicReader {
        guard let log = run.log else { preconditionFailure("a plan with topics ran without a log") }
        let reader = try await log.reader(for: partition, from: position)
        self.reader = reader
        next = await reader.position
        return reader
    }

    private var start: ReadPosition {
        switch range {
        case .live(let start, _): .offset(start)
        case .scan(let scan, _): .offset(scan.startOffset)
        case .everything, nil: .earliest
        }
    }

    // MARK: Parts

    /// The bytes of payloads after which a batch of several events ends, so that few of them wait in the channels behind.
    static let batchPayloadBytes = 256 << 10

    private mutating func takePart() -> FeedBatch? {
        guard var pending = parts, let end = pending.ends.popFirst() else { return nil }
        var batch = pending.columns
        let bounds = range?.bounds
        func isWanted(_ row: Int) -> Bool {
            bounds?.contains(offset: batch.baseSequence + UInt64(row), nanoseconds: batch.times.values[row]) ?? true
        }
        batch.unreadable = batch.unreadable.filter { pending.start <= $0.row && $0.row < end && isWanted($0.row) }
        var count = end - pending.start
        if count < batch.rowCount || !batch.unreadable.isEmpty || bounds != nil {
            let rows = Column<UInt32>(capacity: count)
            let left = Set(batch.unreadable.map(\.row))
            count = 0
            for row in pending.start..<end where (left.isEmpty || !left.contains(row)) && isWanted(row) {
                rows.values[count] = UInt32(row)
                count += 1
            }
            batch.selection = Selection(rows, count: count)
        }
        pending.start = end
        next = batch.baseSequence + UInt64(end)
        parts = pending.ends.isEmpty ? nil : pending
        return count == 0 && batch.unreadable.isEmpty ? nothing(.more) : batch
    }

    /// Where the parts of the records end: each has at most `limit` events, and not much more than `batchPayloadBytes`. Also the bytes of all
    /// payloads.
    private func partEnds(of records: RecordBatch, _ limit: Int) -> (ends: [Int], payloadBytes: Int) {
        var ends: [Int] = []
        var start = 0
        var bytes = 0
        var allBytes = 0
        for record in 0..<records.count {
            if records.hasPayloads { bytes += records.payload(at: record).count }
            guard record + 1 - start == limit || bytes >= Self.batchPayloadBytes else { continue }
            ends.append(record + 1)
            start = record + 1
            allBytes += bytes
            bytes = 0
        }
        return (ends.last == records.count ? ends : ends + [records.count], allBytes + bytes)
    }
}
