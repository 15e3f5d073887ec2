internal import PenstockEvents

/// One partition of a source while it is read: its clock, its position, and what is done to its events before the clock sees them.
struct SourcePartition {
    private var feed: any SourceFeed
    private var clock: PartitionClock
    private let origin: Origin
    private(set) var hasEnded = false
    /// How long it has had nothing to read.
    var quiet = QuietTime()

    /// What a partition gives at a time.
    struct Reading {
        var batch: Batch?
        /// Events that are too far in the future.
        var future: Batch?
        var control: ControlRecord?
        /// Whether there was anything to read.
        var isEmpty: Bool { batch == nil && future == nil && control == nil }
    }

    init(feed: any SourceFeed, disorder: Disorder, origin: Origin) {
        self.feed = feed
        clock = PartitionClock(disorder)
        self.origin = origin
    }

    var watermark: Timestamp { clock.watermark }

    /// The largest event time so far, or minus infinity.
    var latest: Timestamp { Timestamp(nanoseconds: clock.latest) }

    /// Where the partition has been read to, for a checkpoint.
    var state: StateChunk {
        var state = StateEncoder()
        clock.snapshot(into: &state)
        state.put(feed.position.events)
        state.put(feed.position.controls)
        state.put(hasEnded)
        state.put(quiet.isIdle)
        return StateChunk(group: nil, bytes: state.bytes)
    }

    /// The number of the next event by what `state` has written; nil where the partition had ended.
    static func next(in chunk: StateChunk) -> UInt64? {
        var state = StateDecoder(chunk)
        var clock = PartitionClock(.ascending)
        guard (try? clock.restore(&state)) != nil, let events = try? state.integer(UInt64.self),
            (try? state.integer(UInt64.self)) != nil, let hasEnded = try? state.bool()
        else { return nil }
        return hasEnded ? nil : events
    }

    mutating func restore(_ chunk: StateChunk, eventLimit: Int) async throws {
        var state = StateDecoder(chunk)
        try clock.restore(&state)
        let position = SourcePosition(events: try state.integer(), controls: try state.integer())
        hasEnded = try state.bool()
        quiet.isIdle = try state.bool()
        guard !hasEnded else { return }
        try await feed.begin(at: position, eventLimit: eventLimit)
    }

    /// The next events, with those marked that are behind, and what follows them.
    mutating func read(
        eventLimit: Int, _ clocked: PhysicalStage.Clocked?, maxAhead: Int64?, floor: Timestamp,
        _ refused: FailedEvents, _ failures: [FailedEvents]
    ) async throws -> Reading {
        let read: FeedBatch
        do {
            read = try await feed.read(eventLimit: eventLimit)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw EngineError.stage(refused.stage, error)
        }
        var reading = Reading()
        if read.rowCount > 0 {
            var batch = Batch(
                origin: origin, baseSequence: read.baseSequence, rowCount: read.rowCount, times: read.times,
                values: read.values, watermark: clock.watermark)
            batch.selection = read.selection
            batch.payloadBytes = read.payloadBytes
            batch.keepsSources = refused.keepsSources
            // Whoever was left out comes back at the watermark that was sent meanwhile.
            if quiet.isIdle { clock.observe(mark: floor) }
            if let maxAhead, let appended = read.appendTime {
                reading.future = batch.takeRows(later: appended.nanoseconds + maxAhead)
            }
            let steps = clocked?.kernels ?? []
            for (kernel, failures) in zip(steps, failures) { try kernel.kernel.apply(to: &batch, failures) }
            if !read.unreadable.isEmpty { try refuse(read.unreadable, of: &batch, refused) }
            do { batch.behind = try clock.observe(batch) } catch {
                try refuse([], of: &batch, refused)
                batch.behind = try clock.observe(batch)
            }
            batch.watermark = clock.watermark
            reading.future?.watermark = clock.watermark
            reading.batch = batch
        }
        switch read.progress {
        case .more: break
        case .control(.timeMark(let time)):
            clock.observe(mark: time)
            if feed.passesOnMarks { reading.control = .timeMark(time) }
        case .control(let record): reading.control = record
        case .end: hasEnded = true
        }
        return reading
    }

    /// The watermark before an event, where `newest` is the largest time of those before it in its batch.
    func watermark(behind newest: Int64) -> Int64 { clock.watermark(behind: newest) }

    func close() async { await feed.close() }
}

extension Batch {
    /// Takes the rows out whose time is behind `limit`; nil where there are none, as nearly always.
    fileprivate mutating func takeRows(later limit: Int64) -> Batch? {
        var latest = Int64.min
        forEachRow { latest = max(latest, times.values[$0]) }
        guard latest > limit else { return nil }
        let (kept, taken) = (Column<UInt32>(capacity: count), Column<UInt32>(capacity: count))
        var (keptCount, takenCount) = (0, 0)
        forEachRow { row in
            if times.values[row] > limit {
                taken.values[takenCount] = UInt32(row)
                takenCount += 1
            } else {
                kept.values[keptCount] = UInt32(row)
                keptCount += 1
            }
        }
        var future = self
        future.selection = Selection(taken, count: takenCount)
        selection = Selection(kept, count: keptCount)
        return future
    }
}
