internal import PenstockEvents

/// One instance of a physical stage: takes elements from its input, drives its operators, puts the results out.
actor StageActor {
    private let wiring: StageWiring
    private let executor: StageExecutor
    private var chain: [any Processor] = []
    /// The side outputs that somebody reads, by the place of their operator in the chain.
    private var sides: [Int: SideOutlets] = [:]
    private var outlet: any StageOutlet = ChannelOutlet([])
    /// The operators that also work when nothing comes.
    private var waking: [Int] = []
    /// When the stage will be woken for the first of them.
    private var nextWake: Int64?

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
        var source = StageState()
        switch wiring.stage.input {
        case .source, .topic: source = try await runSource()
        case .channels: try await runChannels()
        }
        if let checkpoints = wiring.run.checkpoints {
            await checkpoints.noteEnd(try await state(with: source), of: wiring.id)
        }
        for (processor, planned) in zip(chain.suffix(wiring.stage.operators.count), wiring.stage.operators) {
            wiring.run.progress.note(processor.statistics, of: planned.name)
        }
        wiring.run.watch.finish(wiring.id)
    }

    /// Makes the results visible.
    func commit() throws { try outlet.commit() }

    /// Leaves nothing half done behind.
    func abandon() async {
        for index in waking { await chain[index].close() }
        await outlet.abandon()
    }

    private func push(_ element: StreamElement, at index: Int) async throws {
        guard index < chain.count else { return try await outlet.put(element) }
        try chain[index].accept(element)
        if let outlets = sides[index] {
            var batches: [(port: SidePort, batch: Batch)] = []
            while let side = chain[index].takeSide() { batches.append(side) }
            try await outlets.deliver(batches, behind: element)
        }
        try await pushOutput(of: index)
    }

    private func pushOutput(of index: Int) async throws {
        while let output = try chain[index].next() { try await push(output, at: index + 1) }
    }

    private func runChannels() async throws {
        guard let inbox = wiring.inbox else { preconditionFailure("a stage without an inbox reads channels") }
        var gate = InputGate(inputs: inbox.inputs, areSources: inbox.areSources, feedback: wiring.merged)
        while true {
            guard let (sender, element) = try await receive(inbox, except: gate.blocked) else {
                try await wake()
                continue
            }
            guard let passed = gate.pass(element, from: sender) else { continue }
            if case .barrier(let epoch) = passed {
                try await pass(epoch, StageState())
                continue
            }
            if case .end = passed, gate.lastWatermark > .distantPast {
                // How far the sender came that came furthest: some stages end there.
                try await push(.watermark(gate.lastWatermark), at: 0)
            }
            try await push(passed, at: 0)
            if case .end = passed { return try await waitForOperators(inbox) }
        }
    }

    // MARK: Waking

    /// The next element of the input; nil where the stage has been woken.
    private func receive(
        _ inbox: Inbox, except blocked: [Bool]
    ) async throws -> (sender: Int, element: StreamElement)? {
        guard !waking.isEmpty else { return try await inbox.receive(except: blocked) }
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
            if let outlets = sides[index] {
                while let side = chain[index].takeSide() { try await outlets.deliver([side], behind: nil) }
            }
            try await pushOutput(of: index)
        }
    }

    /// Lets the operators that wait for something elsewhere finish what they have begun, after the end of the input.
    private func waitForOperators(_ inbox: Inbox) async throws {
        while waking.contains(where: { !chain[$0].takesMore }) {
            if try await receive(inbox, except: []) == nil { try await wake() }
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

    /// Reads the source, and gives where it has been read to in the end.
    private func runSource() async throws -> StageState {
        var source = try await SourceStage(wiring)
        // What stands before the source's clock has been done by then.
        let first = wiring.stage.clocked?.kernels.count ?? 0
        let receiver = SourceStage.Receiver { element, future in
            if let outlets = self.sides[PhysicalPlan.Port.source] {
                try await outlets.deliver(future.map { [(.future, $0)] } ?? [], behind: element)
            }
            try await self.push(element, at: first)
        } checkpoint: { epoch, state in
            try await self.pass(epoch, state)
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
    init() {}
}
