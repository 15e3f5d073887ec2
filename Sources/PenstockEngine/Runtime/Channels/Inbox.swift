internal import Dispatch

/// The bounded queue in front of a stage: any number of senders, one receiver.
///
/// Each sender has credit for `capacity` elements that the receiver has not taken yet; then it waits. So a slow stage slows those before it,
/// up to the source, which stops reading. The receiver may leave senders alone for a while, as it does while it waits for the barriers of
/// the others; what they sent keeps its place and their credit is used up. A receiver that waits is not woken for a few rows: they gather
/// for a moment.
final class Inbox: Sendable {
    /// For how long a waiting receiver lets small batches gather, in milliseconds.
    private static let gatheringMilliseconds = 2

    private struct State {
        var lanes: [Lane]
        var arrivals: UInt64 = 0
        var receiver: CheckedContinuation<Void, any Error>?
        var isCancelled = false
        /// Whether the receiver is to return though nothing has come.
        var isWoken = false
        /// Changes when something comes or the receiver is woken.
        var activity: UInt64 = 0
        /// Whether the receiver will go on by itself, though nothing comes.
        var isHolding = false
        /// Whether the receiver will be woken for what has gathered.
        var isWakeDue = false

        /// The sender whose next element came first, among those that are not left alone.
        func nextSender(except blocked: [Bool]) -> Int? {
            var next: (sender: Int, arrival: UInt64)?
            for sender in lanes.indices where !(sender < blocked.count && blocked[sender]) {
                guard !lanes[sender].isEmpty else { continue }
                if lanes[sender].arrival < next?.arrival ?? .max { next = (sender, lanes[sender].arrival) }
            }
            return next?.sender
        }

        /// Puts something into a lane; false without credit. `wakeLater` is set where the receiver waits and need not be woken at once.
        mutating func put(
            _ sender: Int, needsCredit: Bool, _ wakeLater: inout Bool, _ append: (inout Lane) -> Void
        ) throws -> Bool {
            if isCancelled { throw CancellationError() }
            guard lanes[sender].hasCredit || !needsCredit else { return false }
            if lanes[sender].isEmpty {
                lanes[sender].arrival = arrivals
                arrivals += 1
            }
            append(&lanes[sender])
            // A watermark that says nothing new is nothing.
            guard !lanes[sender].isEmpty else { return true }
            activity += 1
            if lanes[sender].isUrgent {
                receiver?.resume()
                receiver = nil
            } else if receiver != nil, !isWakeDue {
                isWakeDue = true
                wakeLater = true
            }
            return true
        }
    }

    /// For each sender the number of the input on which it sends.
    let inputs: [UInt8]
    /// For each sender whether it reads a source.
    let areSources: [Bool]
    private let state: Guarded<State>

    /// A queue for as many senders as there are numbers of inputs; `areSources` says which of them read a source, by default none.
    init(inputs: [UInt8], areSources: [Bool]? = nil) {
        self.inputs = inputs
        self.areSources = areSources ?? Array(repeating: false, count: inputs.count)
        state = Guarded(State(lanes: Array(repeating: Lane(), count: inputs.count)))
    }

    /// Puts rows of a small batch into the queue; false where the sender has no credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func offer(_ batch: Batch, _ rows: Rows, from sender: Int) throws -> Bool {
        var wakeLater = false
        let sent = try state.withLock {
            try $0.put(sender, needsCredit: rows.count > 0, &wakeLater) { $0.append(batch, rows) }
        }
        if wakeLater { scheduleWake() }
        return sent
    }

    /// Puts an element into the queue, waiting until the sender has credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func send(_ element: StreamElement, from sender: Int) async throws {
        while true {
            var wakeLater = false
            let sent = try state.withLock {
                try $0.put(sender, needsCredit: !element.isWatermark, &wakeLater) { $0.append(element) }
            }
            if wakeLater { scheduleWake() }
            if sent { return }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.lanes[sender].hasCredit {
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
            if let received = try await receiveUnlessWoken(except: blocked) { return received }
        }
    }

    /// The same; nil where the receiver was woken. With `isPaused` nothing is taken: then waking is all that ends it.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func receiveUnlessWoken(
        except blocked: [Bool], isPaused: Bool = false
    ) async throws -> (sender: Int, element: StreamElement)? {
        while true {
            let (isWoken, received): (Bool, (sender: Int, element: StreamElement)?) = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                if state.isWoken {
                    state.isWoken = false
                    return (true, nil)
                }
                guard !isPaused, let sender = state.nextSender(except: blocked),
                    let element = state.lanes[sender].popFirst()
                else { return (false, nil) }
                // What is left goes behind what the others have sent meanwhile.
                state.lanes[sender].arrival = state.arrivals
                state.arrivals += 1
                state.lanes[sender].waiting?.resume()
                state.lanes[sender].waiting = nil
                return (false, (sender, element))
            }
            if isWoken { return nil }
            if let received { return received }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.isWoken || (!isPaused && state.nextSender(except: blocked) != nil) {
                        continuation.resume()
                    } else {
                        state.receiver = continuation
                    }
                }
            }
        }
    }

    /// Lets the receiver return though nothing has come, now or when it next waits.
    func wake() {
        state.withLock { state in
            state.isWoken = true
            state.activity += 1
            state.receiver?.resume()
            state.receiver = nil
        }
    }

    /// Says whether the receiver will go on by itself, though nothing comes.
    func hold(_ isHolding: Bool) { state.withLock { $0.isHolding = isHolding } }

    /// A number that changes when something comes; nil while the receiver works, or has something to work on.
    var quietMark: UInt64? {
        state.withLock { state in
            let isQuiet = state.receiver != nil && !state.isHolding && state.lanes.allSatisfy(\.isEmpty)
            return isQuiet ? state.activity : nil
        }
    }

    /// Wakes the receiver in a while, if it still waits then.
    private func scheduleWake() {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Self.gatheringMilliseconds)) { [weak self] in
            self?.state.withLock { state in
                state.isWakeDue = false
                state.receiver?.resume()
                state.receiver = nil
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

extension StreamElement {
    fileprivate var isWatermark: Bool {
        if case .watermark = self { true } else { false }
    }
}
