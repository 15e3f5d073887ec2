internal import PenstockEvents

/// Reads the partitions of a source in turn, and says how far the time of all of them has come.
///
/// How fast partitions are read, and in which order, decides nothing: each has its own clock, and the watermark is the least of those that
/// have not ended and are not left out as idle.
struct SourceStage {
    private let name: StageName
    /// The number of the stage's instance.
    private let id: Int
    private let run: RunState
    private let reading: SourceReading
    /// Where it is written down when partitions come back, or where that is taken from.
    private let journal: RunJournal?
    /// How far time has come elsewhere while the source had nothing to say; nil where that decides nothing.
    private let idle: (times: IdleSources, source: Int)?
    private let clocked: PhysicalStage.Clocked?
    /// The numbers of the partitions that this instance reads.
    private let numbers: [Int]
    private let isWhole: Bool
    /// Whether it reads what an earlier stage of the run records: then that one decides about the end.
    private let readsOwnRun: Bool
    private var partitions: [SourcePartition]
    private var watermark = Timestamp.distantPast
    private var lastEpoch: UInt64 = 0
    /// What becomes of events that cannot be read or have no usable time.
    private let refused: FailedEvents
    /// The same of the operators before the clock.
    private let failures: [FailedEvents]
    private var counts = OperatorStatistics()
    /// How long the stage has waited for those behind it.
    private var blocked: Int64 = 0
    private var meter: SourceMeter
    private let bell = SourceBell()
    /// Whether those behind the stage have been told that all partitions are idle.
    private var isLeftOut = false

    /// What a stage does with what its source gives.
    struct Receiver {
        /// Takes an element, and the events of the future that came with it.
        let put: (StreamElement, Batch?) async throws -> Void
        /// Takes a snapshot of everything, of which the positions are part.
        let checkpoint: (UInt64, StageState) async throws -> Void
        /// All partitions that have not ended are idle, or are not any more.
        let setIdle: (Bool) -> Void
    }

    /// The partitions of a stage's source, opened where the run begins in them.
    init(_ wiring: StageWiring, _ refused: FailedEvents, _ failures: [FailedEvents]) async throws {
        guard let opened = wiring.stage.input.sourceName else { preconditionFailure("channels are not a source") }
        name = opened
        id = wiring.id
        self.refused = refused
        self.failures = failures
        run = wiring.run
        var reading = wiring.stage.reading
        // What is replayed has been recorded, and is read on.
        if run.options.reading != .live || run.journal?.isFollowing == true {
            (reading.idleAfter, reading.follows) = (nil, false)
        }
        self.reading = reading
        journal = wiring.stage.reading.idleAfter == nil ? nil : run.journal
        idle = reading.idleAfter == nil ? nil : wiring.idle.map { ($0, wiring.stage.index) }
        clocked = wiring.stage.clocked
        numbers = wiring.partitions
        isWhole = wiring.stage.partitions == 1
        meter = SourceMeter(wiring.meter, wiring.run.clock, partitions: wiring.partitions)
        if case .live = wiring.persistedRange { readsOwnRun = true } else { readsOwnRun = false }
        partitions = []
        do {
            for partition in numbers {
                let (feed, disorder) = try wiring.makeFeed(partition, following: reading.follows ? bell : nil)
                var opened = SourcePartition(
                    feed: feed, disorder: clocked?.disorder ?? disorder,
                    origin: wiring.origin(name, partition: partition))
                if let state = wiring.restored(StateOwner(stage: name, part: .source(partition: partition)))?.first {
                    let sent = try await opened.restore(state, eventLimit: run.options.batchEvents)
                    watermark = max(watermark, sent)
                }
                if let journal { opened.follow(journal.comebacks(of: name, partition: partition)) }
                partitions.append(opened)
            }
        } catch {
            throw EngineError.stage(name, error)
        }
    }

    /// Where the partitions of a stage's source begin; empty for a stage that reads channels. Sources that are not topics begin at their
    /// beginning, where they need no state.
    static func beginning(_ wiring: StageWiring) async throws -> StageState {
        var state = StageState()
        guard let name = wiring.stage.input.sourceName else { return state }
        for partition in wiring.partitions {
            var chunks: [StateChunk] = []
            if wiring.stage.input.isTopic {
                let (feed, disorder) = try wiring.makeFeed(partition)
                let origin = wiring.origin(name, partition: partition)
                chunks = [SourcePartition(feed: feed, disorder: disorder, origin: origin).state(sent: .distantPast)]
            }
            state.put(StateOwner(stage: name, part: .source(partition: partition)), form: "position", chunks)
        }
        return state
    }

    private var statistics: OperatorStatistics {
        var counts = counts
        counts.skippedEvents += refused.count
        return counts
    }

    /// The watermark that has been sent, where it may be ahead of the partitions: then one instance has all of them.
    private var sent: Timestamp { reading.idleAfter == nil ? .distantPast : watermark }

    /// Where the partitions have been read to.
    var state: StageState {
        var state = StageState()
        for (partition, source) in zip(numbers, partitions) {
            state.put(
                StateOwner(stage: name, part: .source(partition: partition)), form: "position",
                [source.state(sent: sent)])
        }
        if statistics != OperatorStatistics() { state.statistics[name] = statistics }
        return state
    }

    /// Reads until all partitions have ended.
    mutating func deliver(to receiver: Receiver) async throws {
        while partitions.contains(where: { !$0.hasEnded }) {
            let round = run.steps?.round ?? 0
            if run.isDraining, !readsOwnRun { break }
            var hasRead = false
            for index in partitions.indices where !partitions[index].hasEnded {
                if run.isStopping { throw RunStopped() }
                if let epoch = run.checkpoints?.requested(after: lastEpoch) {
                    lastEpoch = epoch
                    try await receiver.checkpoint(epoch, state)
                }
                // Behind the barrier of a savepoint that ends the run nothing is read any more.
                if run.checkpoints?.isLast(lastEpoch) == true { continue }
                if mustWait(index) {
                    partitions[index].quiet.begin()
                    meter.pause(index)
                } else {
                    hasRead = try await read(index, receiver) || hasRead
                }
            }
            if isIdle {
                isLeftOut = true
                if let idle { idle.times.setIdle(idle.source) }
                receiver.setIdle(true)
            }
            // A source that has nothing now is asked again in a moment, or when the test says so.
            if !hasRead {
                meter.idle()
                try await pause(since: round)
            }
        }
        if run.isStopping { throw RunStopped() }
        run.progress.note(statistics, of: name)
        // How far the partition came that came furthest: some stages end there.
        let last = partitions.map(\.watermark).max() ?? watermark
        if last >= watermark, last > .distantPast, last < .distantFuture {
            try await receiver.put(.watermark(last), nil)
        }
        try await receiver.put(.end, nil)
    }

    private func pause(since round: UInt64) async throws {
        guard let steps = run.steps else {
            // Whoever is followed rings; what else may have to be done, such as a checkpoint, waits a little.
            if reading.follows {
                await bell.sleep(atMost: .milliseconds(10))
                return try Task.checkCancellation()
            }
            return try await Task.sleep(for: .milliseconds(1))
        }
        try await steps.pause(id, since: round)
    }

    /// Gives the partitions up.
    func close() async {
        for partition in partitions { await partition.close() }
    }

    /// Reads a partition; false where it had nothing.
    private mutating func read(_ index: Int, _ receiver: Receiver) async throws -> Bool {
        meter.begin(index)
        let reading = try await partitions[index].read(
            eventLimit: run.options.batchEvents, clocked, maxAhead: reading.maxAhead,
            floor: { [watermark, idle] in max(watermark, idle.map { $0.times.comeBack($0.source) } ?? .distantPast) },
            refused, failures)
        if let comeback = reading.comeback {
            try await journal?.keep(comeback, of: name, partition: numbers[index])
        }
        noteQuiet(index, isEmpty: reading.isEmpty)
        if isLeftOut, !isIdle {
            isLeftOut = false
            receiver.setIdle(false)
        }
        meter.end(index, reading, partitions)
        raiseWatermark()
        if let future = reading.future { counts.futureEvents += future.count }
        if var batch = reading.batch {
            batch.watermark = watermark
            try await put(.batch(batch), reading.future, receiver)
        } else {
            try await put(.watermark(watermark), nil, receiver)
        }
        guard let control = reading.control else { return reading.hasMoved || partitions[index].hasEnded }
        if case .scanStart(let start) = control { run.progress.note(properties: start.properties) }
        try await put(.control(isWhole ? control : control.marking(watermark)), nil, receiver)
        return true
    }

    private mutating func put(_ element: StreamElement, _ future: Batch?, _ receiver: Receiver) async throws {
        guard reading.idleAfter != nil else { return try await receiver.put(element, future) }
        let begun = run.clock.nanoseconds
        try await receiver.put(element, future)
        blocked += run.clock.nanoseconds - begun
    }

    // MARK: Time

    /// Plus infinity travels with the end alone. Where all partitions are idle, the one that had come furthest counts.
    private mutating func raiseWatermark() {
        var least: Timestamp?
        var furthest: Timestamp?
        for partition in partitions where !partition.hasEnded {
            if partition.quiet.isIdle {
                furthest = max(furthest ?? .distantPast, partition.watermark)
            } else {
                least = min(least ?? .distantFuture, partition.watermark)
            }
        }
        if let reached = least ?? furthest { watermark = max(watermark, reached) }
    }

    /// Whether all partitions that have not ended are left out, and there are such.
    private var isIdle: Bool {
        guard reading.idleAfter != nil else { return false }
        let open = partitions.filter { !$0.hasEnded }
        return !open.isEmpty && open.allSatisfy(\.quiet.isIdle)
    }

    /// Whether a partition is so far ahead of the others that reading it would only fill the memory.
    private func mustWait(_ index: Int) -> Bool {
        guard let maxDrift = reading.maxDrift, partitions.count > 1 else { return false }
        // What the partitions say now decides, so that nobody waits longer than there is a reason to.
        var least = Int64.max
        for partition in partitions where !partition.hasEnded && !partition.quiet.isIdle {
            least = min(least, partition.watermark.nanoseconds)
        }
        let (limit, isBeyond) = least.addingReportingOverflow(maxDrift)
        return !isBeyond && partitions[index].watermark.nanoseconds > limit
    }

    private mutating func noteQuiet(_ index: Int, isEmpty: Bool) {
        guard let limit = reading.idleAfter, !partitions[index].isFollowing else { return }
        if isEmpty {
            partitions[index].quiet.foundNothing(at: run.clock.nanoseconds - blocked, limit: limit)
        } else {
            partitions[index].quiet = QuietTime()
        }
    }
}

extension ControlRecord {
    /// What the record of one partition says of all of them: a time mark holds as far as the least watermark.
    fileprivate func marking(_ watermark: Timestamp) -> ControlRecord {
        if case .timeMark = self { .timeMark(watermark) } else { self }
    }
}
