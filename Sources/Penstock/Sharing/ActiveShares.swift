internal import PenstockEngine
internal import PenstockEvents

/// The shares that a process works on.
final class ActiveShares: Sendable {
    private struct Share {
        var run: PipelineRun?
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private struct State {
        var shares: [Int: Share] = [:]
        var runs: [Int: PipelineRun] = [:]
        /// When shares failed first, of those that have not come further since.
        var failed: [Int: ContinuousClock.Instant] = [:]
    }

    /// For how long a share is begun again that fails each time.
    private static let patience = Duration.seconds(300)
    private static let pause = Duration.milliseconds(500)

    private let state = Guarded(State())

    var isEmpty: Bool { state.withLock { $0.shares.isEmpty } }

    /// Begins to work on a share, with the run that is made, if any is needed. `remark` is told what the run has warned of, however it ends;
    /// `ended` is called unless it is stopped.
    func begin(
        _ share: Int, making make: @escaping @Sendable () async throws -> PipelineRun?,
        remark: @escaping @Sendable (String) -> Void,
        ended: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        state.withLock { $0.shares[share] = Share() }
        let task = Task {
            do {
                if let run = try await make() {
                    guard keep(run, share) else { return }
                    defer {
                        for case .warning(let text) in run.progress.remarks { remark(text) }
                    }
                    try await run.run()
                }
                ended(.success(()))
            } catch is RunStopped {
            } catch {
                ended(.failure(error))
            }
        }
        state.withLock { $0.shares[share]?.task = task }
    }

    private func keep(_ run: PipelineRun, _ share: Int) -> Bool {
        state.withLock { state in
            guard state.shares[share]?.isStopped == false else { return false }
            state.shares[share]?.run = run
            state.runs[share] = run
            return true
        }
    }

    /// The share has ended by itself; false where it was stopped before.
    func forget(_ share: Int) -> Bool { state.withLock { $0.shares.removeValue(forKey: share) } != nil }

    /// Stops working on a share, and returns when nothing is done any more.
    /// - Parameter checkpointTime: How long it may take to keep a last checkpoint, from which whoever has it next goes on; zero for none.
    func stop(_ share: Int, checkpointTime: Duration = .zero) async {
        let active = state.withLock { state in
            state.shares[share]?.isStopped = true
            return state.shares[share]
        }
        if checkpointTime > .zero, let run = active?.run {
            run.stopAtCheckpoint()
            let impatience = Task {
                if (try? await Task.sleep(for: checkpointTime)) != nil { run.stop() }
            }
            await active?.task?.value
            impatience.cancel()
        } else {
            active?.run?.stop()
            await active?.task?.value
        }
        state.withLock { $0.shares[share] = nil }
    }

    /// Stops all work.
    func stopAll(checkpointTime: Duration = .zero) async {
        await withTaskGroup(of: Void.self) { group in
            for share in state.withLock({ $0.shares.keys.sorted() }) {
                group.addTask { await self.stop(share, checkpointTime: checkpointTime) }
            }
        }
    }

    /// The newest run of each share that this process has worked on.
    var runs: [PipelineRun] { state.withLock { $0.runs.sorted { $0.key < $1.key }.map(\.value) } }

    // MARK: Trying again

    /// Whether a share that has failed is worth another attempt.
    func mayTryAgain(_ share: Int) -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            let first = state.failed[share] ?? now
            state.failed[share] = first
            return now - first < Self.patience
        }
    }

    /// The share has come further.
    func cameFurther(_ share: Int) { state.withLock { $0.failed[share] = nil } }

    /// Calls `again` in a while, unless the share is stopped by then.
    func wait(_ share: Int, _ again: @escaping @Sendable () -> Void) {
        let task = Task {
            try? await Task.sleep(for: Self.pause)
            if isWaiting(share) { again() }
        }
        state.withLock { $0.shares[share] = Share(task: task) }
    }

    /// Whether a share is to be begun again.
    func isWaiting(_ share: Int) -> Bool {
        state.withLock { state in state.shares[share].map { $0.run == nil && !$0.isStopped } ?? false }
    }
}
