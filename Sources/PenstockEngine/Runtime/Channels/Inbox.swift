internal import Dispatch
internal import PenstockEvents

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
        /// The senders that the waiting receiver leaves alone.
        var leftAlone: [Bool] = []
        var isCancelled = false
        /// Whether the receiver is to return though nothing has come.
        var isWoken = false
        /// Changes when something comes or the receiver is woken.
        var activity: UInt64 = 0
        /// Whether the receiver will go on by itself, though nothing comes.
        var isHolding = false
        /// Whether the receiver will be woken for what has gathered.
        var isWakeDue = false
        /// What is counted of each sender.
        var gauges: [LaneGauge]
        /// How long the receiver has waited.
        var idle = WaitTime()

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
            _ sender: Int, _ element: StreamElement? = nil, needsCredit: Bool = true, _ wakeLater: inout Bool,
            _ clock: any RunClock, _ append: (inout Lane, inout LaneGauge) -> Void
        ) throws -> Bool {
            if isCancelled { throw CancellationError() }
            let hasCredit = element.map { lanes[sender].hasCredit(for: $0) } ?? lanes[sender].hasCredit
            guard hasCredit || !needsCredit else { return false }
            if gauges[sender].blocked.isWaiting { gauges[sender].blocked.end(at: clock.nanoseconds) }
            if lanes[sender].isEmpty {
                lanes[sender].arrival = arrivals
                arrivals += 1
            }
            append(&lanes[sender], &gauges[sender])
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
    /// For each sender which stage it is an instance of; nil where each has its own.
    let stages: [Int]?
    /// For each sender whether it reads a source.
    let areSources: [Bool]
    private let state: Guarded<State>
    /// By which clock lossy edges have intervals, and waits are measured.
    private let clock: any RunClock

    /// A queue for as many senders as there are numbers of inputs; `stages` says which are instances of one, by default none, `areSources` which
    /// read a source, by default none, and `lossy` which never wait, by default none.
    init(
        inputs: [UInt8], stages: [Int]? = nil, areSources: [Bool]? = nil, lossy: [LossyEdge?]? = nil,
        clock: any RunClock = MonotonicClock()
    ) {
        self.inputs = inputs
        self.stages = stages
        self.areSources = areSources ?? Array(repeating: false, count: inputs.count)
        self.clock = clock
        state = Guarded(
            State(
                lanes: (lossy ?? Array(repeating: nil, count: inputs.count)).map { Lane($0) },
                gauges: Array(repeating: LaneGauge(), count: inputs.count)))
    }

    /// What the queue is like now.
    var gauge: InboxGauge {
        state.withLock { state in
            var gauges = state.gauges
            for lane in state.lanes.indices { gauges[lane].eventsDropped = state.lanes[lane].lostEvents }
            return InboxGauge(lanes: gauges, fills: state.lanes.map(\.fill), idle: state.idle)
        }
    }

    /// How many events lossy edges have dropped.
    var lostEvents: Int { state.withLock { $0.lanes.reduce(0) { $0 + $1.lostEvents } } }

    /// Puts rows of a small batch into the queue; false where the sender has no credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func offer(_ batch: Batch, _ rows: Rows, from sender: Int) throws -> Bool {
        var wakeLater = false
        let sent = try state.withLock {
            try $0.put(sender, needsCredit: rows.count > 0, &wakeLater, clock) { lane, gauge in
                lane.append(batch, rows)
                gauge.put(batch, rows: rows.count)
            }
        }
        if wakeLater { scheduleWake() }
        return sent
    }

    /// Puts an element into the queue; false where the sender has no credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func offer(_ element: StreamElement, from sender: Int) throws -> Bool {
        var wakeLater = false
        let sent = try state.withLock {
            try $0.put(sender, element, &wakeLater, clock) { lane, gauge in
                lane.append(element)
                gauge.put(element)
            }
        }
        if wakeLater { scheduleWake() }
        return sent
    }

    /// Puts an element into the queue, waiting until the sender has credit.
    /// - Throws: `CancellationError` once the run has been cancelled.
    func send(_ element: StreamElement, from sender: Int) async throws {
        while try !offer(element, from: sender) {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.lanes[sender].hasCredit(for: element) {
                        continuation.resume()
                    } else {
                        state.gauges[sender].blocked.begin(at: clock.nanoseconds)
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
            var opening: (sender: Int, instant: Int64)?
            let (isWoken, received): (Bool, (sender: Int, element: StreamElement)?) = try state.withLock { state in
                if state.isCancelled { throw CancellationError() }
                if state.isWoken {
                    if state.idle.isWaiting { state.idle.end(at: clock.nanoseconds) }
                    state.isWoken = false
                    return (true, nil)
                }
                guard !isPaused, let sender = state.nextSender(except: blocked),
                    let element = state.lanes[sender].popFirst(at: clock.nanoseconds)
                else { return (false, nil) }
                if state.idle.isWaiting { state.idle.end(at: clock.nanoseconds) }
                state.gauges[sender].take(element)
                // What is left goes behind what the others have sent meanwhile.
                state.lanes[sender].arrival = state.arrivals
                state.arrivals += 1
                if state.lanes[sender].hasCreditAgain {
                    state.lanes[sender].waiting?.resume()
                    state.lanes[sender].waiting = nil
                }
                opening = state.lanes[sender].takeOpening().map { (sender, $0) }
                // Now it counts that the sender is idle.
                if state.lanes[sender].isIdle, state.lanes[sender].isEmpty { state.isWoken = true }
                return (false, (sender, element))
            }
            if let opening { open(opening.sender, at: opening.instant) }
            if isWoken { return nil }
            if let received { return received }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if state.isWoken || (!isPaused && state.nextSender(except: blocked) != nil) {
                        continuation.resume()
                    } else {
                        state.idle.begin(at: clock.nanoseconds)
                        state.receiver = continuation
                        state.leftAlone = isPaused ? Array(repeating: true, count: state.lanes.count) : blocked
                    }
                }
            }
        }
    }

    /// Hands what has gathered over to a receiver that waits: no more will come for a while.
    func handOver() {
        state.withLock { state in
            guard state.receiver != nil, state.nextSender(except: state.leftAlone) != nil else { return }
            state.receiver?.resume()
            state.receiver = nil
        }
    }

    /// Whether the receiver waits and there is nothing that it would take. What only gathers is handed over at once.
    var isQuiet: Bool {
        state.withLock { state in
            guard state.receiver != nil else { return false }
            guard state.nextSender(except: state.leftAlone) != nil else { return true }
            state.receiver?.resume()
            state.receiver = nil
            return false
        }
    }

    /// A sender will send nothing for a while, so that the watermark need not wait for it; or it goes on.
    func setIdle(_ isIdle: Bool, _ sender: Int) {
        state.withLock { state in
            guard state.lanes[sender].isIdle != isIdle else { return }
            state.lanes[sender].isIdle = isIdle
            guard isIdle, state.lanes[sender].isEmpty else { return }
            state.isWoken = true
            state.receiver?.resume()
            state.receiver = nil
        }
    }

    /// For each sender whether it is idle and nothing of it is left to be taken.
    var idleSenders: [Bool] { state.withLock { $0.lanes.map { $0.isIdle && $0.isEmpty } } }

    /// Lets the receiver return though nothing has come, now or when it next waits.
    func wake() {
        state.withLock { state in
            state.isWoken = true
            state.activity += 1
            state.receiver?.resume()
            state.receiver = nil
        }
    }

    /// Lets the receiver take events of a lossy edge again when the clock has come to an instant.
    private func open(_ sender: Int, at instant: Int64) {
        clock.call(at: instant) { [weak self] in
            guard let self else { return }
            let next = state.withLock { state in
                state.lanes[sender].open(at: self.clock.nanoseconds)
                state.receiver?.resume()
                state.receiver = nil
                return state.lanes[sender].takeOpening()
            }
            if let next { open(sender, at: next) }
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
