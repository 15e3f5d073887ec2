internal import Synchronization

/// The bounded queue in front of a stage: any number of senders, one receiver.
///
/// Each sender has credit for `capacity` elements that the receiver has not taken yet; then it waits. So a slow stage slows those before it,
/// up to the source, which stops reading.
final class Inbox: Sendable {
    /// Elements that a sender may have in the queue.
    static let capacity = 4

    private struct State {
        /// Places before `taken` are empty: an element that was taken must not live on here, however long the queue is never empty.
        var queue: [(sender: Int, element: StreamElement)?] = []
        var taken = 0
        var queued: [Int]
        var senders: [Int: CheckedContinuation<Void, any Error>] = [:]
        var receiver: CheckedContinuation<Void, any Error>?
        var isCancelled = false

        var isEmpty: Bool { taken == queue.count }

        mutating func takeFirst() -> (sender: Int, element: StreamElement) {
            guard let first = queue[taken].take() else { preconditionFailure("an element was taken twice") }
            taken += 1
            // Cleared by half, so that each element is moved at most once on average.
            if 2 * taken >= queue.count {
                queue.removeFirst(taken)
                taken = 0
            }
            return first
        }
    }

    /// The number of senders.
    let senderCount: Int
    private let state: Mutex<State>

    init(senders: Int) {
        senderCount = senders
        state = Mutex(State(queued: Array(repeating: 0, count: senders)))
    }

    /// Puts an element into the queue, waiting until the sender has credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func send(_ element: StreamElement, from sender: Int) async throws {
        while true {
            let sent = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard state.queued[sender] < Inbox.capacity else { return false }
                state.queued[sender] += 1
                state.queue.append((sender, element))
                state.receiver?.resume()
                state.receiver = nil
                return true
            }
            if sent { return }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.queued[sender] < Inbox.capacity {
                        continuation.resume()
                    } else {
                        state.senders[sender] = continuation
                    }
                }
            }
        }
    }

    /// Takes the next element, waiting until there is one.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func receive() async throws -> (sender: Int, element: StreamElement) {
        while true {
            let received: (sender: Int, element: StreamElement)? = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard !state.isEmpty else { return nil }
                let first = state.takeFirst()
                state.queued[first.sender] -= 1
                state.senders.removeValue(forKey: first.sender)?.resume()
                return first
            }
            if let received { return received }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if !state.isEmpty {
                        continuation.resume()
                    } else {
                        state.receiver = continuation
                    }
                }
            }
        }
    }

    /// Ends all waiting, now and from now on, with `CancellationError`.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.receiver?.resume(throwing: CancellationError())
            state.receiver = nil
            for (_, sender) in state.senders { sender.resume(throwing: CancellationError()) }
            state.senders = [:]
            state.queue = []
            state.taken = 0
        }
    }
}
