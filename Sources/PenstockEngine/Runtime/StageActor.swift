internal import PenstockEvents
internal import PenstockLog

/// One instance of a physical stage: takes elements from its input, drives its operators, puts the results out.
actor StageActor {
    private let wiring: StageWiring
    private let executor: StageExecutor
    private var chain: [any Processor] = []
    /// The side outputs that somebody reads, by the place of their operator in the chain.
    private var sides: [Int: SideOutlets] = [:]
    private var outlet: any StageOutlet = ChannelOutlet([])

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ wiring: StageWiring) {
        self.wiring = wiring
        executor = StageExecutor(name: "\(wiring.stage.index).\(wiring.instance)")
    }

    /// Opens the output, so that what cannot be opened is known before anything is read.
    func open() async throws {
        outlet = try await wiring.makeOutlet()
        chain = wiring.makeChain()
        for (index, named) in wiring.chainOwners.enumerated() {
            guard let named, let state = wiring.restored(named.owner) else { continue }
            do { try chain[index].restore(state) } catch { throw EngineError.stage(named.owner.stage, error) }
        }
        let first = chain.count - wiring.stage.operators.count
        for (port, edges) in wiring.sideways {
            sides[first + port.operatorIndex, default: SideOutlets()].add(port.side, ChannelOutlet(edges))
        }
    }

    /// Works until the input has ended.
    func run() async throws {
        var ended: [(StateOwner, StateChunk)] = []
        switch wiring.stage.input {
        case .source(let name, let source):
            ended = try await runSource(name, source)
        case .topic(let name, let topic, let codec, let disorder, let isPersisted):
            let feed = TopicFeed(
                stage: name, topic: topic, codec: codec, disorder: disorder,
                origin: wiring.origin(name), range: isPersisted ? wiring.persistedRange : nil, run: wiring.run,
                restored: wiring.restored(StateOwner(stage: name, part: .source(partition: 0)))?.first)
            let owner = StateOwner(stage: name, part: .source(partition: 0))
            let end = try await feed.deliver {
                try await self.push($0, at: 0)
            } barrier: { epoch, position in
                try await self.pass(epoch, [(owner, position)])
            }
            ended = [(owner, end)]
        case .channels:
            try await runChannels()
        }
        if let checkpoints = wiring.run.checkpoints {
            await checkpoints.noteEnd(try await state(with: ended), of: wiring.id)
        }
        for (processor, planned) in zip(chain.suffix(wiring.stage.operators.count), wiring.stage.operators) {
            wiring.run.progress.note(processor.statistics, of: planned.name)
        }
    }

    /// Makes the results visible.
    func commit() throws { try outlet.commit() }

    /// Leaves nothing half done behind.
    func abandon() async { await outlet.abandon() }

    private func push(_ element: StreamElement, at index: Int) async throws {
        guard index < chain.count else { return try await outlet.put(element) }
        try chain[index].accept(element)
        if let outlets = sides[index] {
            var batches: [(port: SidePort, batch: Batch)] = []
            while let side = chain[index].takeSide() { batches.append(side) }
            try await outlets.deliver(batches, behind: element)
        }
        while let output = try chain[index].next() { try await push(output, at: index + 1) }
    }

    private func runChannels() async throws {
        guard let inbox = wiring.inbox else { preconditionFailure("a stage without an inbox reads channels") }
        var gate = InputGate(inputs: inbox.inputs)
        while true {
            let (sender, element) = try await inbox.receive(except: gate.blocked)
            guard let passed = gate.pass(element, from: sender) else { continue }
            if case .barrier(let epoch) = passed {
                try await pass(epoch, [])
                continue
            }
            if case .end = passed, gate.lastWatermark > .distantPast {
                // How far the sender came that came furthest: some stages end there.
                try await push(.watermark(gate.lastWatermark), at: 0)
            }
            try await push(passed, at: 0)
            if case .end = passed { return }
        }
    }

    // MARK: Checkpoints

    /// Takes the snapshots of this instance, says so, and sends the barrier on.
    private func pass(_ epoch: UInt64, _ positions: [(StateOwner, StateChunk)]) async throws {
        let state = try await state(with: positions)
        await wiring.run.checkpoints?.note(state, of: wiring.id, at: epoch)
        for (_, outlets) in sides { try await outlets.deliver([], behind: .barrier(epoch)) }
        try await outlet.put(.barrier(epoch))
    }

    private func state(with positions: [(StateOwner, StateChunk)]) async throws -> StageState {
        var state = StageState()
        for (owner, position) in positions { state.put(owner, form: "position", [position]) }
        for (index, named) in wiring.chainOwners.enumerated() {
            guard let named else { continue }
            var writer = StateWriter()
            do { try chain[index].snapshot(into: &writer) } catch {
                throw EngineError.stage(named.owner.stage, error)
            }
            state.put(named.owner, form: named.form, writer.chunks)
        }
        for (processor, planned) in zip(chain.suffix(wiring.stage.operators.count), wiring.stage.operators) {
            if processor.statistics != OperatorStatistics() {
                state.statistics[planned.name] = processor.statistics
            }
        }
        if let owner = wiring.stage.outputOwner {
            let bytes = try await outlet.checkpoint()
            state.put(owner, form: "output", bytes.map { [StateChunk(group: nil, bytes: $0)] } ?? [])
        }
        return state
    }

    // MARK: Sources

    private func runSource(_ name: StageName, _ source: AnySource) async throws -> [(StateOwner, StateChunk)] {
        let context = wiring.sourceContext(name)
        var partitions = try (0..<source.partitionCount).map { partition in
            do {
                var opened = SourcePartition(
                    feed: try source.open(partition, context), clock: PartitionClock(source.disorder),
                    origin: wiring.origin(name, partition: partition))
                let owner = StateOwner(stage: name, part: .source(partition: partition))
                if let state = wiring.restored(owner)?.first {
                    try opened.restore(state, eventLimit: wiring.run.options.batchEvents)
                }
                return opened
            } catch {
                throw EngineError.stage(name, error)
            }
        }
        var watermark = Timestamp.distantPast
        var lastEpoch: UInt64 = 0
        func positions() -> [(StateOwner, StateChunk)] {
            partitions.enumerated().map { partition, source in
                (StateOwner(stage: name, part: .source(partition: partition)), source.state)
            }
        }
        // Partitions in turn; each one's own watermark counts until it has ended.
        while partitions.contains(where: { !$0.hasEnded }) {
            for index in partitions.indices where !partitions[index].hasEnded {
                if wiring.run.isStopping { throw RunStopped() }
                if let epoch = wiring.run.checkpoints?.requested(after: lastEpoch) {
                    lastEpoch = epoch
                    try await pass(epoch, positions())
                }
                let (batch, control) = try partitions[index].read(
                    eventLimit: wiring.run.options.batchEvents, stage: name)
                // Plus infinity travels with the end alone.
                var least = Timestamp.distantFuture
                for partition in partitions where !partition.hasEnded { least = min(least, partition.watermark) }
                if least < .distantFuture { watermark = max(watermark, least) }
                if var batch {
                    batch.watermark = watermark
                    try await push(.batch(batch), at: 0)
                } else {
                    try await push(.watermark(watermark), at: 0)
                }
                guard let control else { continue }
                if case .scanStart(let start) = control { wiring.run.progress.note(properties: start.properties) }
                try await push(.control(partitions.count == 1 ? control : control.marking(watermark)), at: 0)
            }
        }
        if wiring.run.isStopping { throw RunStopped() }
        // How far the partition came that came furthest: some stages end there.
        let last = partitions.map(\.watermark).max() ?? watermark
        if last > watermark, last < .distantFuture { try await push(.watermark(last), at: 0) }
        try await push(.end, at: 0)
        return positions()
    }
}

/// The user asked the run to stop before its end.
public struct RunStopped: Error, Sendable {
    init() {}
}

extension ControlRecord {
    /// What the record of one partition says of all of them: a time mark holds as far as the least watermark.
    fileprivate func marking(_ watermark: Timestamp) -> ControlRecord {
        if case .timeMark = self { .timeMark(watermark) } else { self }
    }
}

/// One partition of a source while it is read.
private struct SourcePartition {
    var feed: any SourceFeed
    var clock: PartitionClock
    let origin: Origin
    var sequence: UInt64 = 0
    var controls: UInt64 = 0
    var hasEnded = false

    init(feed: any SourceFeed, clock: PartitionClock, origin: Origin) {
        self.feed = feed
        self.clock = clock
        self.origin = origin
    }

    var watermark: Timestamp { clock.watermark }

    /// Where the partition has been read to, for a checkpoint.
    var state: StateChunk {
        var state = StateEncoder()
        clock.snapshot(into: &state)
        state.put(sequence)
        state.put(controls)
        state.put(hasEnded)
        return StateChunk(group: nil, bytes: state.bytes)
    }

    mutating func restore(_ chunk: StateChunk, eventLimit: Int) throws {
        var state = StateDecoder(chunk)
        try clock.restore(&state)
        sequence = try state.integer()
        controls = try state.integer()
        hasEnded = try state.bool()
        guard !hasEnded else { return }
        try feed.skip(to: SourcePosition(events: sequence, controls: controls), eventLimit: eventLimit)
    }

    mutating func read(eventLimit: Int, stage: StageName) throws -> (batch: Batch?, control: ControlRecord?) {
        let read: FeedBatch
        do { read = try feed.read(eventLimit: eventLimit) } catch { throw EngineError.stage(stage, error) }
        var batch: Batch?
        if read.count > 0 {
            let behind = try clock.observe(read.times.values, count: read.count, stage: stage)
            batch = Batch(
                origin: origin, baseSequence: sequence, rowCount: read.count, times: read.times, values: read.values,
                behind: behind, watermark: clock.watermark)
            sequence += UInt64(read.count)
        }
        switch read.progress {
        case .more: return (batch, nil)
        case .control(let record):
            controls += 1
            if case .timeMark(let time) = record { clock.observe(mark: time) }
            return (batch, record)
        case .end:
            hasEnded = true
            return (batch, nil)
        }
    }
}
