internal import PenstockEvents

/// One instance of a physical stage: takes elements from its input, drives its operators, puts the results out.
actor StageActor {
    private let wiring: StageWiring
    nonisolated let executor: StageExecutor
    private var chain: [any Processor] = []
    /// What becomes of events that the operators of the chain cannot handle.
    private var failures: [FailedEvents] = []
    /// The side outputs that somebody reads, by the place of their operator in the chain.
    private var sides: [Int: SideOutlets] = [:]
    private var outlet: any StageOutlet = ChannelOutlet([])
    /// What has left at the end of the stage.
    private var output = EventCount()
    /// Late events of each operator by where they came from.
    private var late: [Int: [Origin: Int]] = [:]
    /// The operators that also work when nothing comes.
    private var waking: [Int] = []
    /// When the stage will be woken for the first of them.
    private var nextWake: Int64?
    /// Whether all inputs are idle or have ended, as those behind have been told.
    private var isIdle = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ wiring: StageWiring) {
        self.wiring = wiring
        executor = StageExecutor(name: "\(wiring.stage.index).\(wiring.instance)")
    }

    /// Opens the output, so that what cannot be opened is known before anything is read.
    func open() async throws {
        outlet = try await wiring.makeOutlet()
        chain = wiring.makeChain()
        waking = chain.indices.filter { chain[$0].isWaking }
        if let waker = wiring.waker { for index in waking { try chain[index].begin(with: waker) } }
        failures = wiring.makeFailures().chain
        for index in chain.indices { chain[index].report(to: failures[index]) }
        for (index, named) in wiring.chainOwners.enumerated() {
            guard let named, let state = wiring.restored(named.owner) else { continue }
            do { try chain[index].restore(state) } catch { throw EngineError.stage(named.owner.stage, error) }
        }
        let first = chain.count - wiring.stage.operators.count
        for (port, edges) in wiring.sideways {
            if port.operatorIndex != PhysicalPlan.Port.source {
                chain[first + port.operatorIndex].connect(wiring.sides(of: port.operatorIndex))
            }
            let outlets = sides[first + port.operatorIndex] ?? SideOutlets()
            outlets.add(port.side, ChannelOutlet(edges))
            sides[first + port.operatorIndex] = outlets
        }
    }

    /// The state before the first event.
    func beginning() async throws -> StageState {
        var state = try await SourceStage.beginning(wiring)
        state.merge(try await self.state(with: StageState()))
        return state
    }

    /// Works until the input has ended.
    func run() async throws {
        let (meter, clock) = (wiring.meter, wiring.run.clock)
        let begun = clock.nanoseconds
        meter.update { $0.begun = begun }
        defer {
            let ended = clock.nanoseconds
            meter.update { $0.ended = ended }
            noteOutput()
            meter.answer(gauges)
        }
        try await work()
    }

    private func work() async throws {
        var source = StageState()
        for (index, batches) in try wiring.releasedRows() {
            for batch in batches { try await push(.batch(batch), at: index) }
        }
        switch wiring.stage.input {
        case .source, .topic: source = try await runSource()
        case .channels: try await runChannels()
        }
        if let checkpoints = wiring.run.checkpoints {
            await checkpoints.noteEnd(try await state(with: source), of: wiring.id)
        }
        for (name, counts) in counts { wiring.run.progress.note(counts, of: name) }
        wiring.run.steps?.finish(wiring.id)
        wiring.run.watch.finish(wiring.id)
    }

    /// Makes the results visible.
    func commit() async throws { try await outlet.commit() }

    /// Leaves nothing half done behind.
    func abandon() async {
        for index in waking { await chain[index].close() }
        await outlet.abandon()
    }

    /// What the operators have counted so far.
    var counts: [StageName: OperatorStatistics] {
        var counts: [StageName: OperatorStatistics] = [:]
        let operators = wiring.stage.operators
        for (planned, (processor, failed)) in zip(
            operators, zip(chain.suffix(operators.count), failures.suffix(operators.count)))
        {
            counts[planned.name] = processor.statistics
            counts[planned.name]?.skippedEvents += failed.count
        }
        return counts
    }

    /// Whether one of the operators waits for something from elsewhere.
    var awaitsOthers: Bool { waking.contains { chain[$0].awaitsOthers } }

    /// Hands an element to the operator at `first`, and what follows from it to those behind it and out.
    private func push(_ element: StreamElement, at first: Int) async throws {
        guard first < chain.count else { return try await putOut(element) }
        guard sides.isEmpty else { return try await pushWithSides(element, at: first) }
        try accept(element, at: first)
        // Each operator gives all that it has before the one in front of it gives more.
        var index = first
        while index >= first {
            guard let output = try chain[index].next() else {
                index -= 1
                continue
            }
            if index + 1 < chain.count {
                index += 1
                try accept(output, at: index)
            } else {
                try await putOut(output)
            }
        }
    }

    private func putOut(_ element: StreamElement) async throws {
        if case .batch(let batch) = element {
            output.events += batch.count
            output.bytes += batch.byteCount(ofRows: batch.count)
        }
        try await outlet.put(element)
    }

    private func pushWithSides(_ element: StreamElement, at index: Int) async throws {
        guard index < chain.count else { return try await putOut(element) }
        try accept(element, at: index)
        try await deliverSides(of: index)
        try await pushOutput(of: index)
        // Some operators come to know what they leave out when they have put out what they do not.
        try await deliverSides(of: index, behind: element)
    }

    private func pushOutput(of index: Int) async throws {
        while let output = try chain[index].next() {
            try await deliverSides(of: index)
            try await pushWithSides(output, at: index + 1)
        }
    }

    /// Sends what an operator puts out at its sides, and, where all has been done that follows from an element, how far time has come.
    private func deliverSides(of index: Int, behind element: StreamElement? = nil) async throws {
        guard let outlets = sides[index] else { return }
        while let side = chain[index].takeSide() { try await outlets.deliver([side], behind: nil) }
        while let letter = failures[index].takeLetter() {
            try await outlets.deliver([(.deadLetter, letter)], behind: nil)
        }
        guard let element else { return }
        try await outlets.deliver([], behind: element, delay: chain[index].sideDelay)
    }

    private func accept(_ element: StreamElement, at index: Int) throws {
        guard case .batch(let batch) = element, !batch.behind.isEmpty, chain[index].countsLateAtArrival else {
            return try chain[index].accept(element)
        }
        // Only what is behind can be late, and that is rare.
        let before = chain[index].statistics.lateEvents
        try chain[index].accept(element)
        let found = chain[index].statistics.lateEvents - before
        if found > 0 { late[index, default: [:]][batch.origin, default: 0] += found }
    }

    private func runChannels() async throws {
        guard let inbox = wiring.inbox else { preconditionFailure("a stage without an inbox reads channels") }
        var gate = InputGate(
            inputs: inbox.inputs, stages: inbox.stages, areSources: inbox.areSources, feedback: wiring.merged)
        if let idle = wiring.idle { gate.follow(idle, (inbox.stages ?? []).map(idle.sources(above:))) }
        while true {
            guard let (sender, element) = try await receive(inbox, except: gate.blocked) else {
                try await wake()
                gate.setIdle(inbox.idleSenders)
                if isIdle, !gate.isIdle { setIdle(false) }
                if let risen = gate.risen() { try await push(risen, at: 0) }
                if gate.isIdle { setIdle(true) }
                continue
            }
            if gate.hasIdle { gate.setIdle(inbox.idleSenders) }
            defer { if gate.isIdle { setIdle(true) } }
            let passing = gate.pass(element, from: sender)
            if isIdle, !gate.isIdle { setIdle(false) }
            guard let passed = passing else { continue }
            if case .barrier(let epoch) = passed {
                try await pass(epoch, StageState())
                continue
            }
            if case .end = passed, gate.lastWatermark > .distantPast {
                // How far the sender came that came furthest: some stages end there.
                try await push(.watermark(gate.lastWatermark), at: 0)
            }
            try await push(passed, at: 0)
            noteOutput()
            if case .end = passed { return try await waitForOperators(inbox) }
        }
    }

    /// Nothing comes for a while, or something does again, be it time alone. Who keeps a time of its own is not idle.
    private func setIdle(_ isIdle: Bool) {
        self.isIdle = isIdle
        guard !chain.contains(where: { $0.keepsTime }) else { return }
        outlet.setIdle(isIdle)
        for (_, outlets) in sides { outlets.setIdle(isIdle) }
    }

    // MARK: Waking

    /// The next element of the input; nil where the stage has been woken, or a sender has become idle.
    private func receive(
        _ inbox: Inbox, except blocked: [Bool]
    ) async throws -> (sender: Int, element: StreamElement)? {
        guard !waking.isEmpty else { return try await inbox.receiveUnlessWoken(except: blocked) }
        if let instant = waking.compactMap({ chain[$0].wakeInstant }).min(), instant < nextWake ?? .max {
            nextWake = instant
            wiring.waker?.wake(at: instant)
        }
        inbox.hold(waking.contains { chain[$0].isHolding })
        let isPaused = waking.contains { !chain[$0].takesMore }
        return try await inbox.receiveUnlessWoken(except: blocked, isPaused: isPaused)
    }

    private func wake() async throws {
        let now = wiring.run.clock.nanoseconds
        if let instant = nextWake, instant <= now { nextWake = nil }
        for index in waking {
            try chain[index].wake(at: now)
            try await deliverSides(of: index)
            try await pushOutput(of: index)
            try await deliverSides(of: index)
        }
        noteOutput()
    }

    /// Lets the operators that wait for something elsewhere finish what they have begun, after the end of the input.
    private func waitForOperators(_ inbox: Inbox) async throws {
        while waking.contains(where: { !chain[$0].takesMore }) {
            if try await receive(inbox, except: []) == nil { try await wake() }
        }
    }

    // MARK: Metrics

    /// Says what the operators keep, if somebody has asked and has not been answered.
    func answer() {
        if wiring.meter.isAsked { wiring.meter.answer(gauges) }
    }

    private func noteOutput() {
        let output = output
        wiring.meter.update { $0.output = output }
        answer()
    }

    private var gauges: [OperatorGauge] {
        let names = wiring.stage.prelude.map(\.owner.stage) + wiring.stage.operators.map(\.name)
        return chain.indices.compactMap { index in
            var statistics = chain[index].statistics
            statistics.skippedEvents += failures[index].count
            let gauge = OperatorGauge(
                name: names[index], statistics: statistics, state: chain[index].measure(), late: late[index] ?? [:])
            return gauge.isEmpty ? nil : gauge
        }
    }

    // MARK: Checkpoints

    /// Takes the snapshots of this instance, says so, and sends the barrier on.
    private func pass(_ epoch: UInt64, _ source: StageState) async throws {
        let state = try await state(with: source)
        await wiring.run.checkpoints?.note(state, of: wiring.id, at: epoch)
        for (_, outlets) in sides { try await outlets.deliver([], behind: .barrier(epoch)) }
        try await outlet.put(.barrier(epoch))
    }

    private func state(with source: StageState) async throws -> StageState {
        var state = source
        for (index, named) in wiring.chainOwners.enumerated() {
            guard let named else { continue }
            var writer = StateWriter()
            do { try chain[index].snapshot(into: &writer) } catch {
                guard var unwritable = error as? StateNotWritable else {
                    throw EngineError.stage(named.owner.stage, error)
                }
                unwritable.stage = named.owner.stage
                throw EngineError.stage(named.owner.stage, unwritable)
            }
            state.put(named.owner, form: named.form, writer.chunks)
        }
        for (name, counts) in counts where counts != OperatorStatistics() { state.statistics[name] = counts }
        if let owner = wiring.stage.outputOwner {
            let bytes = try await outlet.checkpoint()
            if let transaction = outlet.prepared { state.transactions.append(transaction) }
            state.put(owner, form: wiring.stage.outputForm, bytes.map { [StateChunk(group: nil, bytes: $0)] } ?? [])
        }
        return state
    }

    // MARK: Sources

    /// Reads the source, and gives where it has been read to in the end.
    private func runSource() async throws -> StageState {
        guard let refused = wiring.makeFailures().source else { preconditionFailure("channels are not a source") }
        var source = try await SourceStage(wiring, refused, failures)
        // What stands before the source's clock has been done by then.
        let first = wiring.stage.clocked?.kernels.count ?? 0
        let receiver = SourceStage.Receiver { element, future in
            if let outlets = self.sides[PhysicalPlan.Port.source] {
                var batches = future.map { [(port: SidePort.future, batch: $0)] } ?? []
                while let letter = refused.takeLetter() { batches.append((.deadLetter, letter)) }
                try await outlets.deliver(batches, behind: element)
            }
            // What stands before the clock has no element of its own.
            for index in 0..<first { try await self.deliverSides(of: index, behind: element) }
            try await self.push(element, at: first)
            self.noteOutput()
        } checkpoint: { epoch, state in
            try await self.pass(epoch, state)
        } setIdle: {
            self.setIdle($0)
        }
        do { try await source.deliver(to: receiver) } catch {
            await source.close()
            throw error
        }
        await source.close()
        return source.state
    }
}

/// The user asked the run to stop before its end.
public struct RunStopped: Error, Sendable {
    package init() {}
}
