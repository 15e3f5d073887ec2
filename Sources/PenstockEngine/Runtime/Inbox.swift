/// The bounded queue in front of a stage: any number of senders, one receiver.
///
/// Each sender has credit for `capacity` elements that the receiver has not taken yet; then it waits. So a slow stage slows those before it,
/// up to the source, which stops reading.
final class Inbox: Sendable {
    /// Elements that a sender may have in the queue.
    static let capacity = 4

    private struct State {
        /// A ring with room for the credit of all senders. A slot is empty again once its element is taken, so that nothing is kept alive.
        var slots: [(sender: Int, element: StreamElement)?]
        var first = 0
        var count = 0
        var queued: [Int]
        var senders: [Int: CheckedContinuation<Void, any Error>] = [:]
        var receiver: CheckedContinuation<Void, any Error>?
        var isCancelled = false

        init(senders: Int) {
            slots = Array(repeating: nil, count: max(1, senders * Inbox.capacity))
            queued = Array(repeating: 0, count: senders)
        }

        mutating func append(_ element: StreamElement, from sender: Int) {
            slots[(first + count) % slots.count] = (sender, element)
            count += 1
            queued[sender] += 1
        }

        mutating func popFirst() -> (sender: Int, element: StreamElement)? {
            guard count > 0, let next = slots[first] else { return nil }
            slots[first] = nil
            first = (first + 1) % slots.count
            count -= 1
            queued[next.sender] -= 1
            return next
        }
    }

    /// The number of senders.
    let senderCount: Int
    private let state: Guarded<State>

    init(senders: Int) {
        senderCount = senders
        state = Guarded(State(senders: senders))
    }

    /// Puts an element into the queue, waiting until the sender has credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func send(_ element: StreamElement, from sender: Int) async throws {
        while true {
            let sent = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard state.queued[sender] < Inbox.capacity else { return false }
                state.append(element, from: sender)
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
                guard let next = state.popFirst() else { return nil }
                state.senders.removeValue(forKey: next.sender)?.resume()
                return next
            }
            if let received { return received }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.count > 0 {
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
            while state.popFirst() != nil {}
        }
    }
}
