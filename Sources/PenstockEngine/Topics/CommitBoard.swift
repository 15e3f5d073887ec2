internal import PenstockEvents

/// How far a persisted topic has been acknowledged in this run: the writer says, the stage that reads the topic waits.
final class CommitBoard: Sendable {
    private struct State {
        var committed: UInt64
        var isFinished = false
        var isCancelled = false
        var isInterrupted = false
        var waiter: CheckedContinuation<Void, any Error>?
        var waited = WaitTime()

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

    /// Everything before this offset is acknowledged.
    var position: UInt64 { state.withLock { $0.committed } }

    /// Whether somebody has read everything that is acknowledged and waits for more.
    var hasWaiter: Bool { state.withLock { $0.waiter != nil } }

    /// Nothing more will be written in this run.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.wake()
        }
    }

    /// Ends the present or the next waiting, because something else has to be looked at.
    func interrupt() {
        state.withLock { state in
            state.isInterrupted = true
            state.wake()
        }
    }

    /// Whether somebody has read everything that is acknowledged and waits for more.
    var isWaitedAt: Bool { state.withLock { $0.waiter != nil } }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.waiter?.resume(throwing: CancellationError())
            state.waiter = nil
        }
    }

    /// How long the reader has waited for more records.
    var waited: WaitTime { state.withLock { $0.waited } }

    /// What ended the waiting for more records.
    enum Waited: Sendable {
        /// There are more.
        case more
        /// There will never be more.
        case finished
        /// Somebody interrupted.
        case interrupted
    }

    /// Waits until something behind `position` is acknowledged.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func waitForMore(after position: UInt64, clock: any RunClock = MonotonicClock()) async throws -> Waited {
        while true {
            let known: Waited? = try state.withLock { state in
                if state.waited.isWaiting { state.waited.end(at: clock.nanoseconds) }
                if state.isCancelled { throw CancellationError() }
                if state.isInterrupted {
                    state.isInterrupted = false
                    return .interrupted
                }
                if state.committed > position { return .more }
                return state.isFinished ? .finished : nil
            }
            if let known { return known }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.committed > position || state.isFinished || state.isInterrupted {
                        continuation.resume()
                    } else {
                        state.waited.begin(at: clock.nanoseconds)
                        state.waiter = continuation
                    }
                }
            }
        }
    }
}
