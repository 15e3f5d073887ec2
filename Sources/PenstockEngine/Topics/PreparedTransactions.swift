internal import PenstockEvents
internal import PenstockLog

/// Transactions of the sinks of a run that wait for their checkpoint to be complete.
final class PreparedTransactions: Sendable {
    private struct State {
        var prepared: [any Transaction] = []
        /// The largest number of a checkpoint that is complete or was abandoned.
        var decided: UInt64 = 0
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

    /// The next complete checkpoint counts on this transaction.
    func prepare(_ transaction: any Transaction) { state.withLock { $0.prepared.append(transaction) } }

    /// A checkpoint is complete: makes the rows visible that it counts on.
    /// - Throws: `LogError`; the checkpoint stays complete, and whoever goes on from it commits.
    func commit(_ epoch: UInt64) async throws {
        let prepared = state.withLock { state in
            defer { state.prepared = [] }
            return state.prepared
        }
        for transaction in prepared { try await transaction.commit() }
        decide(epoch)
    }

    /// A checkpoint will not be complete.
    func abandon(_ epoch: UInt64) { decide(epoch) }

    /// Waits until it is decided what becomes of a checkpoint.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func decision(of epoch: UInt64, on transaction: any Transaction) async throws -> Decision {
        while true {
            let decision: Decision? = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard state.decided >= epoch else { return nil }
                guard let place = state.prepared.firstIndex(where: { $0.id == transaction.id }) else {
                    return .committed
                }
                state.prepared.remove(at: place)
                return .abandoned
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
