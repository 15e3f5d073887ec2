internal import PenstockEvents

/// One partition of a source while it is read: its clock, its position, and what is done to its events before the clock sees them.
struct SourcePartition {
    private var feed: any SourceFeed
    private var clock: PartitionClock
    private let origin: Origin
    private(set) var hasEnded = false
    /// How long it has had nothing to read.
    var quiet = QuietTime()
    /// When it came back in the run that is followed, as far as it has not come there.
    private var comebacks: ArraySlice<Comeback> = []
    /// What was read from a comeback on, together with what was before it.
    private var rest: (batch: FeedBatch, position: SourcePosition)?

    /// What a partition gives at a time.
    struct Reading {
        var batch: Batch?
        /// Events that are too far in the future.
        var future: Batch?
        var control: ControlRecord?
        /// The partition was left out and is not any more.
        var comeback: Comeback?
        /// Whether the partition has been read on, be it over a record of which later stages do not hear.
        var hasMoved = false
        /// Whether there was anything to read for later stages.
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

    private var position: SourcePosition { rest?.position ?? feed.position }

    /// Whether it will come back where the run that is followed says.
    var isFollowing: Bool { !comebacks.isEmpty }

    /// Where the partition has been read to, for a checkpoint, and the watermark that its stage has sent.
    func state(sent: Timestamp) -> StateChunk {
        var state = StateEncoder()
        clock.snapshot(into: &state)
        state.put(position.events)
        state.put(position.controls)
        state.put(hasEnded)
        state.put(quiet.isIdle)
        state.put(sent.nanoseconds)
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

    /// How far time had come in a partition of such a disorder by what `state` has written.
    static func watermark(in chunk: StateChunk, _ disorder: Disorder) -> Timestamp? {
        var state = StateDecoder(chunk)
        var clock = PartitionClock(disorder)
        return (try? clock.restore(&state)) == nil ? nil : clock.watermark
    }

    /// Goes on where a checkpoint says, and gives the watermark that the stage had sent by then.
    mutating func restore(_ chunk: StateChunk, eventLimit: Int) async throws -> Timestamp {
        var state = StateDecoder(chunk)
        try clock.restore(&state)
        let position = SourcePosition(events: try state.integer(), controls: try state.integer())
        hasEnded = try state.bool()
        quiet.isIdle = try state.bool()
        let sent = Timestamp(nanoseconds: try state.integer())
        guard !hasEnded else { return sent }
        try await feed.begin(at: position, eventLimit: eventLimit)
        return sent
    }

    /// From now on the partition comes back where it did in an earlier run.
    mutating func follow(_ known: [Comeback]) {
        comebacks = known.drop { $0.position < position.events }
        if isFollowing { quiet = QuietTime() }
    }

    /// The next events, with those marked that are behind, and what follows them.
    mutating func read(
        eventLimit: Int, _ clocked: PhysicalStage.Clocked?, maxAhead: Int64?, floor: () -> Timestamp,
        _ refused: FailedEvents, _ failures: [FailedEvents]
    ) async throws -> Reading {
        let begin = position
        let read: FeedBatch
        do {
            read = try await readFollowing(eventLimit)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw EngineError.stage(refused.stage, error)
        }
        var reading = Reading()
        if quiet.isIdle, read.rowCount > 0 || feed.passes(read.progress) {
            // Whoever was left out comes back where time has come to meanwhile.
            let floor = floor()
            clock.observe(mark: floor)
            reading.comeback = Comeback(position: begin.events, floor: floor.nanoseconds)
        }
        if read.rowCount > 0 {
            var batch = Batch(
                origin: origin, baseSequence: read.baseSequence, rowCount: read.rowCount, times: read.times,
                values: read.values, watermark: clock.watermark)
            batch.selection = read.selection
            batch.payloadBytes = read.payloadBytes
            batch.keepsSources = refused.keepsSources
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
        reading.hasMoved = position != begin
        return reading
    }

    /// The next events, at most up to where the partition comes back in the run that is followed. From there on its floor holds.
    private mutating func readFollowing(_ eventLimit: Int) async throws -> FeedBatch {
        guard isFollowing else { return try await takeNext(eventLimit).batch }
        var (read, begin) = try await takeNext(eventLimit)
        let first = read.firstSequence ?? begin.events
        while let next = comebacks.first, next.position <= first {
            clock.observe(mark: Timestamp(nanoseconds: next.floor))
            comebacks.removeFirst()
        }
        if let next = comebacks.first, let (head, tail) = read.parted(at: next.position) {
            rest = (tail, SourcePosition(events: next.position, controls: begin.controls))
            read = head
        }
        return read
    }

    private mutating func takeNext(_ eventLimit: Int) async throws -> (batch: FeedBatch, begin: SourcePosition) {
        if let rest {
            self.rest = nil
            return (rest.batch, rest.position)
        }
        let begin = feed.position
        return (try await feed.read(eventLimit: eventLimit), begin)
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
