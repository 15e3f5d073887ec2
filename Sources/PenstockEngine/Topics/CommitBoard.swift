/// How far a persisted topic has been acknowledged in this run: the writer says, the stage that reads the topic waits.
final class CommitBoard: Sendable {
    private struct State {
        var committed: UInt64
        var isFinished = false
        var isCancelled = false
        var waiter: CheckedContinuation<Void, any Error>?

        mutating func wake() {
            waiter?.resume()
            waiter = nil
        }
    }

    private let state: Guarded<State>

    /// A board for a topic whose next offset is `start`.
    init(start: UInt64) { state = Guarded(State(committed: start)) }

    /// Everything before `offset` is acknowledged.
    func commit(_ offset: UInt64) {
        state.withLock { state in
            state.committed = max(state.committed, offset)
            state.wake()
        }
    }

    /// Nothing more will be written in this run.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.wake()
        }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.waiter?.resume(throwing: CancellationError())
            state.waiter = nil
        }
    }

    /// Waits until something behind `position` is acknowledged; false when nothing more will be.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func waitForMore(after position: UInt64) async throws -> Bool {
        while true {
            let known: Bool? = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                if state.committed > position { return true }
                return state.isFinished ? false : nil
            }
            if let known { return known }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.committed > position || state.isFinished {
                        continuation.resume()
                    } else {
                        state.waiter = continuation
                    }
                }
            }
        }
    }
}
