/// The bounded queue in front of a stage: any number of senders, one receiver.
///
/// Each sender has credit for `capacity` elements that the receiver has not taken yet; then it waits. So a slow stage slows those before it,
/// up to the source, which stops reading. The receiver may leave senders alone for a while, as it does while it waits for the barriers of
/// the others; what they sent keeps its place and their credit is used up.
final class Inbox: Sendable {
    /// Elements that a sender may have in the queue.
    static let capacity = 4

    /// What one sender has sent and the receiver has not taken, in order.
    private struct Lane {
        /// A ring; a slot is empty again once its element is taken, so that nothing is kept alive.
        var slots: [(arrival: UInt64, element: StreamElement)?] = Array(repeating: nil, count: Inbox.capacity)
        var first = 0
        var count = 0
        var waiting: CheckedContinuation<Void, any Error>?

        var nextArrival: UInt64? { count > 0 ? slots[first]?.arrival : nil }

        mutating func append(_ element: StreamElement, _ arrival: UInt64) {
            slots[(first + count) % slots.count] = (arrival, element)
            count += 1
        }

        mutating func popFirst() -> StreamElement? {
            guard count > 0, let next = slots[first] else { return nil }
            slots[first] = nil
            first = (first + 1) % slots.count
            count -= 1
            return next.element
        }
    }

    private struct State {
        var lanes: [Lane]
        var arrivals: UInt64 = 0
        var receiver: CheckedContinuation<Void, any Error>?
        var isCancelled = false

        /// The sender whose next element came first, among those that are not left alone.
        func nextSender(except blocked: [Bool]) -> Int? {
            var next: (sender: Int, arrival: UInt64)?
            for sender in lanes.indices where !(sender < blocked.count && blocked[sender]) {
                guard let arrival = lanes[sender].nextArrival else { continue }
                if arrival < next?.arrival ?? .max { next = (sender, arrival) }
            }
            return next?.sender
        }
    }

    /// For each sender the number of the input on which it sends.
    let inputs: [UInt8]
    private let state: Guarded<State>

    /// A queue for as many senders as there are numbers of inputs.
    init(inputs: [UInt8]) {
        self.inputs = inputs
        state = Guarded(State(lanes: Array(repeating: Lane(), count: inputs.count)))
    }

    /// Puts an element into the queue, waiting until the sender has credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func send(_ element: StreamElement, from sender: Int) async throws {
        while true {
            let sent = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard state.lanes[sender].count < Inbox.capacity else { return false }
                state.lanes[sender].append(element, state.arrivals)
                state.arrivals += 1
                state.receiver?.resume()
                state.receiver = nil
                return true
            }
            if sent { return }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.lanes[sender].count < Inbox.capacity {
                        continuation.resume()
                    } else {
                        state.lanes[sender].waiting = continuation
                    }
                }
            }
        }
    }

    /// Takes the next element, waiting until there is one of a sender that is not in `blocked`.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func receive(except blocked: [Bool] = []) async throws -> (sender: Int, element: StreamElement) {
        while true {
            let received: (sender: Int, element: StreamElement)? = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                guard let sender = state.nextSender(except: blocked),
                    let element = state.lanes[sender].popFirst()
                else { return nil }
                state.lanes[sender].waiting?.resume()
                state.lanes[sender].waiting = nil
                return (sender, element)
            }
            if let received { return received }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.nextSender(except: blocked) != nil {
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
            for sender in state.lanes.indices {
                state.lanes[sender].waiting?.resume(throwing: CancellationError())
                state.lanes[sender] = Lane()
            }
        }
    }
}
