internal import PenstockEvents
internal import PenstockLog

/// What becomes of the transactions of a run's sinks, which wait for their checkpoint to be complete.
///
/// The states of a checkpoint say which transactions it counts on, and only these are committed with it: a sink that has come to its end while
/// the checkpoint was being written has rows that a run which goes on from there makes again.
final class TransactionDecisions: Sendable {
    private struct State {
        /// The largest number of a checkpoint that is complete.
        var committed: UInt64 = 0
        /// The largest number of a checkpoint that is complete or was abandoned.
        var decided: UInt64 = 0
        /// Those that the last complete checkpoint counts on: where a sink has ended the next one counts on the same.
        var done: Set<TransactionID> = []
        var isCancelled = false
        var waiters: [CheckedContinuation<Void, any Error>] = []
    }

    private let state = Guarded(State())

    /// What becomes of rows that were in a transaction at a barrier.
    enum Decision: Sendable {
        /// They are visible.
        case committed
        /// The checkpoint was abandoned: the transaction goes on.
        case abandoned
    }

    /// A checkpoint is complete: makes the rows visible that it counts on.
    /// - Throws: `LogError`; the checkpoint stays complete, and whoever goes on from it commits.
    func commit(_ epoch: UInt64, _ transactions: [any Transaction]) async throws {
        let done = state.withLock(\.done)
        for transaction in transactions where !done.contains(transaction.id) { try await transaction.commit() }
        state.withLock { state in
            state.done = Set(transactions.map(\.id))
            state.committed = max(state.committed, epoch)
        }
        decide(epoch)
    }

    /// A checkpoint will not be complete.
    func abandon(_ epoch: UInt64) { decide(epoch) }

    /// Waits until it is decided what becomes of a checkpoint. Asked before the next barrier, so that no later checkpoint can be complete.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func decision(of epoch: UInt64) async throws -> Decision {
        while true {
            let decision: Decision? = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard state.decided >= epoch else { return nil }
                return state.committed >= epoch ? .committed : .abandoned
            }
            if let decision { return decision }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.decided >= epoch {
                        continuation.resume()
                    } else {
                        state.waiters.append(continuation)
                    }
                }
            }
        }
    }

    /// Ends all waiting.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            for waiter in state.waiters { waiter.resume(throwing: CancellationError()) }
            state.waiters = []
        }
    }

    private func decide(_ epoch: UInt64) {
        state.withLock { state in
            state.decided = max(state.decided, epoch)
            for waiter in state.waiters { waiter.resume() }
            state.waiters = []
        }
    }
}
