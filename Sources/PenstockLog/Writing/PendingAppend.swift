internal import PenstockEvents

/// A batch that a writer has taken and not acknowledged yet.
public final class PendingAppend: Sendable {
    private enum State {
        case waiting([@Sendable (Result<Acknowledgement, LogError>) -> Void])
        case settled(Result<Acknowledgement, LogError>)
    }

    /// The offset that the first record gets if the append succeeds; 0 where the partition's owner is another process.
    package let firstOffset: UInt64

    private let state = Guarded(State.waiting([]))

    /// An append whose place only its acknowledgement tells; whoever implements a writer settles it once.
    public init() { firstOffset = 0 }

    init(firstOffset: UInt64) { self.firstOffset = firstOffset }

    /// Waits until the topic's durability class holds for the batch. May be asked any number of times.
    /// - Throws: `LogError` where the append failed.
    public func acknowledgement() async throws(LogError) -> Acknowledgement {
        let result = await withCheckedContinuation { continuation in
            whenSettled { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Calls `body` once with how the append ended: now, or on the thread that settles it.
    package func whenSettled(_ body: @escaping @Sendable (Result<Acknowledgement, LogError>) -> Void) {
        let settled: Result<Acknowledgement, LogError>? = state.withLock { state in
            switch state {
            case .settled(let result): return result
            case .waiting(let others):
                state = .waiting(others + [body])
                return nil
            }
        }
        if let settled { body(settled) }
    }

    /// Tells everyone who waits how the append ended. Only the first call counts.
    public func settle(_ result: Result<Acknowledgement, LogError>) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else {
                return [@Sendable (Result<Acknowledgement, LogError>) -> Void]()
            }
            state = .settled(result)
            return waiting
        }
        for body in waiting { body(result) }
    }
}
