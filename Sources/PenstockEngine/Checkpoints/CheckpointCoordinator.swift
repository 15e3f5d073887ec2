internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// Begins checkpoints, gathers the states of all instances of all stages, and keeps them.
///
/// A checkpoint begins with a number that sources look at between two batches. Each takes note of where it is and sends a barrier down its
/// edges; each stage takes its snapshot when the barrier has come on all of its inputs. One checkpoint at a time; the events that come
/// meanwhile are not kept waiting.
actor CheckpointCoordinator {
    /// What all runs of a name share, and what a run knows from its beginning.
    struct Setup: Sendable {
        let store: CheckpointStore?
        let log: any LogStore
        let durability: Durability
        let options: CheckpointOptions
        let nextEpoch: UInt64
        /// What the run is called over restarts.
        let run: String
        let scan: ScanID
        let origins: [StageName: UInt32]
        /// The counts that the run began with.
        let earlier: [StageName: OperatorStatistics]
        let boards: [CommitBoard]
        let progress: RunProgress
        /// Where barriers can be held.
        let holders: BarrierHolders
        /// By which clock checkpoints are timed.
        let clock: any RunClock
        /// Where a test drives the run step by step.
        var steps: RunSteps?
    }

    /// A checkpoint that somebody wants.
    struct Wanted: Sendable {
        /// What it is called as a savepoint; nil for one that is like all others.
        let name: String?
        /// Whether the run ends with it: then sources read nothing behind its barrier.
        var endsRun = false
        /// Takes the number of the checkpoint, or why there is none.
        let answer: @Sendable (Result<UInt64, any Error>) -> Void
    }

    /// What becomes of the transactions of sinks at a checkpoint.
    nonisolated let transactions = TransactionDecisions()

    private let setup: Setup
    private let instances: Int
    private let requestedEpoch = Atomic<UInt64>(0)
    private let endingEpoch = Atomic<UInt64>(0)

    private var epoch: UInt64
    private var states: [Int: StageState] = [:]
    private var ended: [Int: StageState] = [:]
    private var wanted: [Wanted] = []
    private var abandoned = 0
    private var isUnderway = false
    private var isRequested = false
    /// When the one that is underway began.
    private var begun: Int64?
    private var isCancelled = false
    private var isLate = false
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ setup: Setup) {
        self.setup = setup
        instances = setup.holders.instances
        setup.progress.update { _ in }
        epoch = setup.nextEpoch - 1
    }

    /// The checkpoint that sources should take part in, behind the one with number `last`; nil where there is none.
    nonisolated func requested(after last: UInt64) -> UInt64? {
        let epoch = requestedEpoch.load(ordering: .acquiring)
        return epoch > last ? epoch : nil
    }

    /// Whether the run ends with the checkpoint of this number, so that nothing behind its barrier may be read.
    nonisolated func isLast(_ epoch: UInt64) -> Bool {
        let ending = endingEpoch.load(ordering: .acquiring)
        return ending > 0 && epoch >= ending
    }

    /// Keeps what a run is before it begins, so that what it does before its first checkpoint can be repeated, too. Where one of its outputs
    /// cannot go on there is nothing to go on from.
    /// - Throws: `CheckpointNotKept`.
    func begin(with states: [StageState]) async throws {
        epoch += 1
        var merged = StageState()
        for state in states { merged.merge(state) }
        try await write(checkpoint(merged.canGoOn ? merged : StageState()))
    }

    /// Keeps the savepoint that a run began with as its first checkpoint: whoever comes next goes on from there.
    func begin(withSavepoint state: StageState) async throws {
        epoch += 1
        try await write(checkpoint(state))
    }

    /// Takes checkpoints until all instances have ended or the run is cancelled.
    /// - Throws: `CheckpointNotKept`, `CheckpointsAbandoned`.
    func run() async throws {
        while true {
            await pause()
            if isCancelled || ended.count == instances { return }
            let wanted = self.wanted
            self.wanted = []
            begin(endsRun: wanted.contains(where: \.endsRun))
            await completion()
            if isCancelled {
                setup.progress.update { $0.abandoned += 1 }
                return refuse(wanted, CancellationError())
            }
            guard isComplete else {
                try abandon(wanted)
                continue
            }
            try await keep(states.merging(ended) { taken, _ in taken }, wanted)
            isUnderway = false
            states = [:]
        }
    }

    /// Keeps what all instances were when they ended, so that what follows can be repeated.
    func finish() async throws {
        epoch += 1
        let atEnd = setup.options.savepointAtEnd.map { Wanted(name: $0) { _ in } }
        let wanted = self.wanted + (atEnd.map { [$0] } ?? [])
        self.wanted = []
        try await keep(ended, wanted)
    }

    /// Says that the run has come to its end: there is nothing to go on from.
    func markFinished() async throws {
        epoch += 1
        try await write(checkpoint(StageState()))
        // The run has come to its end, whatever happens to the topic.
        try? await setup.store?.close()
    }

    /// Takes a checkpoint now, without waiting for the interval.
    func request() {
        isRequested = true
        if !isUnderway { wake() }
    }

    /// Ends all waiting and gives the topic up.
    func cancel() async {
        isCancelled = true
        refuse(wanted, CancellationError())
        wanted = []
        transactions.cancel()
        wake()
        try? await setup.store?.close()
    }

    /// Takes a checkpoint as soon as no other one is on its way.
    func want(_ savepoint: Wanted) {
        if isCancelled { return savepoint.answer(.failure(CancellationError())) }
        wanted.append(savepoint)
        if !isUnderway { wake() }
    }

    // MARK: What stages say

    /// The state of an instance at the barrier of an epoch.
    func note(_ state: StageState, of instance: Int, at epoch: UInt64) {
        guard isUnderway, epoch == self.epoch else { return }
        states[instance] = state
        wakeIfComplete()
    }

    /// The state of an instance at its end.
    func noteEnd(_ state: StageState, of instance: Int) {
        ended[instance] = state
        wakeIfComplete()
    }

    // MARK: One checkpoint

    private func begin(endsRun: Bool) {
        epoch += 1
        isUnderway = true
        isLate = false
        isRequested = false
        begun = setup.clock.nanoseconds
        if endsRun { endingEpoch.store(epoch, ordering: .releasing) }
        requestedEpoch.store(epoch, ordering: .releasing)
        for board in setup.boards { board.interrupt() }
        setup.steps?.wake()
    }

    private var isComplete: Bool { (0..<instances).allSatisfy { states[$0] != nil || ended[$0] != nil } }

    private func completion() async {
        let timer = Task { [timeout = setup.options.timeout, epoch] in
            if (try? await Task.sleep(for: timeout)) != nil { noteLate(epoch) }
        }
        while !isComplete, !isCancelled, !isLate { await withCheckedContinuation { waiter = $0 } }
        timer.cancel()
    }

    private func noteLate(_ epoch: UInt64) {
        guard isUnderway, epoch == self.epoch else { return }
        isLate = true
        wake()
    }

    /// Gives up a checkpoint that takes too long. What it knows already is of no use for the next one.
    private func abandon(_ wanted: [Wanted]) throws {
        abandoned += 1
        let error = CheckpointsAbandoned(
            epoch: epoch, count: abandoned, limit: setup.options.abandonedLimit, timeout: setup.options.timeout,
            holder: setup.holders.description { states[$0] != nil || ended[$0] != nil })
        transactions.abandon(epoch)
        isUnderway = false
        states = [:]
        refuse(wanted, error)
        setup.progress.update { $0.abandoned += 1 }
        guard abandoned < setup.options.abandonedLimit, !wanted.contains(where: \.endsRun) else { throw error }
        setup.progress.report(.warning(error.summary))
    }

    private func keep(_ states: [Int: StageState], _ wanted: [Wanted]) async throws {
        var merged = StageState()
        for (_, state) in states.sorted(by: { $0.key < $1.key }) { merged.merge(state) }
        for (stage, counts) in setup.earlier {
            merged.statistics[stage] = (merged.statistics[stage] ?? OperatorStatistics()) + counts
        }
        let checkpoint = checkpoint(merged)
        let started = begun ?? setup.clock.nanoseconds
        let byteCount = try await write(checkpoint)
        begun = nil
        var kept: [Wanted] = []
        for savepoint in wanted where try await keep(checkpoint, as: savepoint) { kept.append(savepoint) }
        abandoned = 0
        try await transactions.commit(epoch, merged.transactions)
        setup.progress.note(epoch: epoch)
        note(byteCount, .nanoseconds(setup.clock.nanoseconds - started))
        setup.options.whenKept(epoch)
        for savepoint in kept {
            savepoint.name.map(setup.progress.note(savepoint:))
            savepoint.answer(.success(epoch))
        }
    }

    /// Keeps a checkpoint as a savepoint; false where that failed and the run may go on.
    private func keep(_ checkpoint: Checkpoint, as savepoint: Wanted) async throws -> Bool {
        guard let name = savepoint.name else { return true }
        do {
            guard checkpoint.state.canGoOn else { throw SavepointImpossible(checkpoint.state) }
            try await setup.log.keep(
                checkpoint, asSavepoint: name, of: setup.options.name, setup.durability)
            return true
        } catch {
            savepoint.answer(.failure(error))
            if savepoint.endsRun || ended.count == instances { throw error }
            return false
        }
    }

    private func refuse(_ wanted: [Wanted], _ error: any Error) {
        for savepoint in wanted { savepoint.answer(.failure(error)) }
    }

    private func checkpoint(_ state: StageState) -> Checkpoint {
        Checkpoint(epoch: epoch, run: setup.run, scan: setup.scan, origins: setup.origins, state: state)
    }

    private func note(_ byteCount: Int, _ duration: Duration) {
        setup.progress.update { [epoch] figures in
            figures.kept += 1
            figures.lastEpoch = epoch
            figures.lastBytes = byteCount
            figures.totalBytes += byteCount
            figures.lastDuration = duration
            figures.longestDuration = max(figures.longestDuration, duration)
        }
    }

    /// - Returns: The bytes of the states that were written.
    @discardableResult
    private func write(_ checkpoint: Checkpoint) async throws -> Int {
        guard let store = setup.store else { return 0 }
        do { return try await store.write(checkpoint, setup.progress.report) } catch {
            throw CheckpointNotKept(epoch: epoch, topic: store.topic.description, error: error)
        }
    }

    // MARK: Waiting

    /// Waits for the interval, or until a savepoint is wanted or all instances have ended.
    private func pause() async {
        guard ended.count < instances, !isCancelled, !isRequested, wanted.isEmpty else { return }
        let timer = setup.options.interval.map { interval in
            Task {
                // What ends the pause in another way wakes whoever waits then.
                if (try? await Task.sleep(for: interval)) != nil { wake() }
            }
        }
        await withCheckedContinuation { waiter = $0 }
        timer?.cancel()
    }

    private func wakeIfComplete() {
        if isUnderway ? isComplete : ended.count == instances { wake() }
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}
