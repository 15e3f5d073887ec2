internal import Synchronization

/// A batch that a writer has taken and not acknowledged yet.
public final class PendingAppend: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Result<Acknowledgement, LogError>, Never>])
        case settled(Result<Acknowledgement, LogError>)
    }

    /// The offset that the first record gets if the append succeeds.
    public let firstOffset: UInt64

    private let state = Mutex(State.waiting([]))

    /// An append that begins at `firstOffset`; whoever implements a writer settles it once.
    public init(firstOffset: UInt64) { self.firstOffset = firstOffset }

    /// Waits until the topic's durability class holds for the batch. May be asked any number of times.
    /// - Throws: `LogError` where the append failed.
    public func acknowledgement() async throws(LogError) -> Acknowledgement {
        let result = await withCheckedContinuation { continuation in
            let settled: Result<Acknowledgement, LogError>? = state.withLock { state in
                switch state {
                case .settled(let result): return result
                case .waiting(let others):
                    state = .waiting(others + [continuation])
                    return nil
                }
            }
            if let settled { continuation.resume(returning: settled) }
        }
        return try result.get()
    }

    /// Tells everyone who waits how the append ended. Only the first call counts.
    public func settle(_ result: Result<Acknowledgement, LogError>) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else {
                return [CheckedContinuation<Result<Acknowledgement, LogError>, Never>]()
            }
            state = .settled(result)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }
}
