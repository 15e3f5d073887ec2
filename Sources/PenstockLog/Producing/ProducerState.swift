internal import PenstockEvents

/// What a producer knows, behind its lock.
struct ProducerState {
    struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Void, Never>
    }

    /// What has to be done when the lock is free again.
    struct Work: Sendable {
        /// A lane that nobody works on and has something to do.
        var pumps: [Int] = []
        var startsTimer = false
        /// Who waits for room.
        var ready: [CheckedContinuation<Void, Never>] = []
    }

    var lanes: [ProducerLane]
    /// Of records that are not answered yet.
    var pendingBytes = 0
    /// The partition of the next record of a round robin.
    var turn = 0
    /// Why nothing more is taken.
    var stopped: LogError?
    var isClosing = false
    /// Who waits for room, in order.
    var waiters: [Waiter] = []
    var nextWaiter: UInt64 = 0
    /// The batches that are being filled, with the moments at which they are due, in order.
    var lingering: [(lane: Int, batch: ProducerBatch, due: Int64)] = []
    var isTimerRunning = false
    /// The first failure that no flush has told of.
    var failure: LogError?

    /// Starts the work on a lane where there is some and nobody does it.
    mutating func start(_ number: Int, _ work: inout Work) {
        let lane = lanes[number]
        guard !lane.isPumping, lane.hasWork || lane.failure != nil else { return }
        lane.isPumping = true
        work.pumps.append(number)
    }

    /// Makes every batch that is being filled go.
    mutating func sendAll(_ work: inout Work) {
        for number in lanes.indices {
            if lanes[number].open != nil { lanes[number].isDue = true }
            start(number, &work)
        }
    }

    /// Notes that something failed for good.
    mutating func note(_ error: LogError, _ lane: ProducerLane, _ options: ProducerOptions) {
        failure = failure ?? error
        if options.afterFailure == .stopPartition { lane.stopped = lane.stopped ?? error }
    }

    /// Gives room back.
    mutating func release(_ bytes: Int, limit: Int, _ work: inout Work) {
        pendingBytes -= bytes
        guard pendingBytes < limit else { return }
        work.ready += waiters.map(\.continuation)
        waiters = []
    }

    /// Takes nothing more, and turns away who waits.
    mutating func refuse(_ work: inout Work) {
        work.ready += waiters.map(\.continuation)
        waiters = []
    }

    /// The next moment at which a batch is due; nil where none is being filled, and the timer ends.
    mutating func nextDue() -> Int64? {
        let gone = lingering.firstIndex { lanes[$0.lane].open === $0.batch && !lanes[$0.lane].isDue }
        lingering.removeFirst(gone ?? lingering.count)
        isTimerRunning = !lingering.isEmpty
        return lingering.first?.due
    }

    /// Sends the batches that are due.
    mutating func expire(at now: Int64, _ work: inout Work) {
        while let first = lingering.first, first.due <= now {
            lingering.removeFirst()
            let lane = lanes[first.lane]
            guard lane.open === first.batch else { continue }
            lane.isDue = true
            start(first.lane, &work)
        }
    }
}
