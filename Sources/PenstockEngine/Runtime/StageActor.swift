internal import PenstockEvents

/// One instance of a physical stage: takes elements from its input, drives its operators, puts the results out.
actor StageActor {
    private let wiring: StageWiring
    private let executor: StageExecutor
    private var chain: [any Processor] = []
    /// What becomes of events that the operators of the chain cannot handle.
    private var failures: [FailedEvents] = []
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
        var source = StageState()
        switch wiring.stage.input {
        case .source, .topic: source = try await runSource()
        case .channels: try await runChannels()
        }
        if let checkpoints = wiring.run.checkpoints {
            await checkpoints.noteEnd(try await state(with: source), of: wiring.id)
        }
        for (name, counts) in statistics { wiring.run.progress.note(counts, of: name) }
    }

    /// Makes the results visible.
    func commit() throws { try outlet.commit() }

    /// Leaves nothing half done behind.
    func abandon() async { await outlet.abandon() }

    private func push(_ element: StreamElement, at index: Int) async throws {
        guard index < chain.count else { return try await outlet.put(element) }
        try chain[index].accept(element)
        try await deliverSides(of: index)
        while let output = try chain[index].next() {
            try await deliverSides(of: index)
            try await push(output, at: index + 1)
        }
        try await deliverSides(of: index, behind: element)
    }

    /// Sends what an operator puts out at its sides, and, where all has been done that follows from an element, how far time has come.
    private func deliverSides(of index: Int, behind element: StreamElement? = nil) async throws {
        guard let outlets = sides[index] else { return }
        var batches: [(port: SidePort, batch: Batch)] = []
        while let side = chain[index].takeSide() { batches.append(side) }
        while let letter = failures[index].takeLetter() { batches.append((.deadLetter, letter)) }
        try await outlets.deliver(batches, behind: element)
    }

    private var statistics: [(StageName, OperatorStatistics)] {
        let operators = wiring.stage.operators
        return zip(operators, zip(chain.suffix(operators.count), failures.suffix(operators.count))).map {
            planned, worker in
            var counts = worker.0.statistics
            counts.skippedEvents += worker.1.count
            return (planned.name, counts)
        }
    }

    private func runChannels() async throws {
        guard let inbox = wiring.inbox else { preconditionFailure("a stage without an inbox reads channels") }
        var gate = InputGate(inputs: inbox.inputs, areSources: inbox.areSources)
        while true {
            let (sender, element) = try await inbox.receive(except: gate.blocked)
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
            if case .end = passed { return }
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
        for (name, counts) in statistics where counts != OperatorStatistics() { state.statistics[name] = counts }
        if let owner = wiring.stage.outputOwner {
            let bytes = try await outlet.checkpoint()
            state.put(owner, form: "output", bytes.map { [StateChunk(group: nil, bytes: $0)] } ?? [])
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
