internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// Begins checkpoints, gathers the states of all instances of all stages, and keeps them.
///
/// A checkpoint begins with a number that sources look at between two batches. Each takes note of where it is and sends a barrier down its
/// edges; each stage takes its snapshot when the barrier has come on all of its inputs. One checkpoint at a time; the events that come
/// meanwhile are not kept waiting.
actor CheckpointCoordinator {
    private let store: CheckpointStore
    private let interval: Duration
    private let whenKept: @Sendable (UInt64) -> Void
    private let instances: Int
    private let scan: ScanID
    private let boards: [CommitBoard]
    private let progress: RunProgress
    private let steps: RunSteps?
    private let clock: any RunClock
    /// The counts that the run began with.
    private let earlier: [StageName: OperatorStatistics]
    private let requestedEpoch = Atomic<UInt64>(0)

    private var epoch: UInt64
    private var states: [Int: StageState] = [:]
    private var ended: [Int: StageState] = [:]
    private var isUnderway = false
    private var isRequested = false
    /// When the one that is underway began.
    private var begun: Int64?
    private var isCancelled = false
    private var waiter: CheckedContinuation<Void, Never>?

    init(
        _ store: CheckpointStore, _ options: CheckpointOptions, nextEpoch: UInt64, instances: Int, scan: ScanID,
        earlier: [StageName: OperatorStatistics], boards: [CommitBoard], progress: RunProgress, steps: RunSteps? = nil,
        clock: any RunClock
    ) {
        self.steps = steps
        self.store = store
        interval = options.interval
        whenKept = options.whenKept
        self.instances = instances
        self.scan = scan
        self.earlier = earlier
        self.boards = boards
        self.progress = progress
        self.clock = clock
        progress.update { _ in }
        epoch = nextEpoch - 1
    }

    /// The checkpoint that sources should take part in, behind the one with number `last`; nil where there is none.
    nonisolated func requested(after last: UInt64) -> UInt64? {
        let epoch = requestedEpoch.load(ordering: .acquiring)
        return epoch > last ? epoch : nil
    }

    /// Keeps what a run is before it begins, so that what it does before its first checkpoint can be repeated, too. Where one of its outputs
    /// cannot go on there is nothing to go on from.
    /// - Throws: `CheckpointNotKept`.
    func begin(with states: [StageState]) async throws {
        epoch += 1
        var merged = StageState()
        for state in states { merged.merge(state) }
        try await write(merged.canGoOn ? merged : StageState())
    }

    /// Takes checkpoints until all instances have ended or the run is cancelled.
    /// - Throws: `CheckpointNotKept`.
    func run() async throws {
        while true {
            await pause()
            if isCancelled || ended.count == instances { return }
            begin()
            await completion()
            if isCancelled { return progress.update { $0.abandoned += 1 } }
            try await keep(states.merging(ended) { taken, _ in taken })
            isUnderway = false
            states = [:]
        }
    }

    /// Keeps what all instances were when they ended, so that what follows can be repeated.
    func finish() async throws {
        epoch += 1
        try await keep(ended)
    }

    /// Says that the run has come to its end: there is nothing to go on from.
    func markFinished() async throws {
        epoch += 1
        try await write(StageState())
        // The run has come to its end, whatever happens to the topic.
        try? await store.close()
    }

    /// Takes a checkpoint now, without waiting for the interval.
    func request() {
        isRequested = true
        if !isUnderway { wake() }
    }

    /// Ends all waiting and gives the topic up.
    func cancel() async {
        isCancelled = true
        wake()
        try? await store.close()
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

    private func begin() {
        epoch += 1
        isUnderway = true
        begun = clock.nanoseconds
        requestedEpoch.store(epoch, ordering: .releasing)
        isRequested = false
        for board in boards { board.interrupt() }
        steps?.wake()
    }

    private var isComplete: Bool { (0..<instances).allSatisfy { states[$0] != nil || ended[$0] != nil } }

    private func completion() async {
        while !isComplete, !isCancelled { await withCheckedContinuation { waiter = $0 } }
    }

    private func keep(_ states: [Int: StageState]) async throws {
        var merged = StageState()
        for (_, state) in states.sorted(by: { $0.key < $1.key }) { merged.merge(state) }
        for (stage, counts) in earlier {
            merged.statistics[stage] = (merged.statistics[stage] ?? OperatorStatistics()) + counts
        }
        let started = begun ?? clock.nanoseconds
        let byteCount = try await write(merged)
        begun = nil
        progress.note(epoch: epoch)
        note(byteCount, .nanoseconds(clock.nanoseconds - started))
        whenKept(epoch)
    }

    private func note(_ byteCount: Int, _ duration: Duration) {
        progress.update { [epoch] figures in
            figures.kept += 1
            figures.lastEpoch = epoch
            figures.lastBytes = byteCount
            figures.totalBytes += byteCount
            figures.lastDuration = duration
            figures.longestDuration = max(figures.longestDuration, duration)
        }
    }

    @discardableResult
    private func write(_ state: StageState) async throws -> Int {
        do { return try await store.write(Checkpoint(epoch: epoch, scan: scan, state: state)) } catch {
            throw CheckpointNotKept(epoch: epoch, topic: store.topic.description, error: error)
        }
    }

    // MARK: Waiting

    /// Waits for the interval, or until all instances have ended.
    private func pause() async {
        guard ended.count < instances, !isCancelled, !isRequested else { return }
        let timer = Task {
            // What ends the pause in another way wakes whoever waits then.
            if (try? await Task.sleep(for: interval)) != nil { wake() }
        }
        await withCheckedContinuation { waiter = $0 }
        timer.cancel()
    }

    private func wakeIfComplete() {
        if isUnderway ? isComplete : ended.count == instances { wake() }
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}

/// A checkpoint could not be written.
private struct CheckpointNotKept: Diagnostic {
    let epoch: UInt64
    let topic: String
    let error: LogError

    var summary: String { "checkpoint \(epoch) cannot be kept in \(topic): \(error.summary)" }
    var hint: String? { error.hint }
    var category: FailureCategory { error.category }
}

extension StageState {
    /// Whether each output has said how to go on with it.
    fileprivate var canGoOn: Bool {
        forms.keys.allSatisfy { $0.part != .sink || !(chunks[$0] ?? []).isEmpty }
    }
}
