internal import PenstockEvents

/// Where the writer of a partition and its readers in the same process meet: the committed position, the newest batches, and who
/// waits for more.
final class PartitionTail: Sendable {
    private struct Waiter {
        let number: UInt64
        let offset: UInt64
        let continuation: CheckedContinuation<Wake, Never>
    }

    private struct State {
        /// Nil while no writer of this process owns the partition.
        var committed: CommittedPosition?
        var firstOffset: UInt64 = 0
        /// The newest committed batches.
        var batches = TailRing()
        var waiters: [Waiter] = []
        var nextNumber: UInt64 = 0
    }

    enum Wake: Sendable {
        case more
        case noOwner
        case cancelled
        case tooMany
    }

    /// For searches by time.
    let maxTimes = SegmentMaxTimes()

    private let state = Guarded(State())
    private let waiterLimit: Int
    private let byteLimit: Int

    init(waiterLimit: Int, byteLimit: Int) {
        self.waiterLimit = waiterLimit
        self.byteLimit = byteLimit
    }

    /// The committed position by the writer of this process, or nil where it has none.
    var committed: CommittedPosition? { state.withLock { $0.committed } }

    /// The offset below which records were given up, as far as this process knows.
    var firstOffset: UInt64 { state.withLock { $0.firstOffset } }

    /// Tells the readers that everything below an offset was given up.
    func publish(firstOffset: UInt64) {
        state.withLock { $0.firstOffset = max($0.firstOffset, firstOffset) }
    }

    /// The newest committed batches from the one that holds `offset` on, together hardly more than `byteLimit`; none where that
    /// one is not kept any more, or not committed yet. Nobody writes to their slabs any more.
    func batches(from offset: UInt64, byteLimit: Int) -> [TailBatch] {
        state.withLock { $0.batches.batches(from: offset, byteLimit: byteLimit) }
    }

    /// Tells the readers how far they may read, and keeps what was committed last.
    func publish(_ committed: CommittedPosition, _ batches: [TailBatch] = []) {
        let ready = state.withLock { state in
            state.committed = committed
            state.batches.append(batches, byteLimit: byteLimit)
            if state.waiters.isEmpty { return [Waiter]() }
            let ready = state.waiters.filter { $0.offset < committed.nextOffset }
            state.waiters.removeAll { $0.offset < committed.nextOffset }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: .more) }
    }

    /// The writer is gone; who waits must look elsewhere.
    func retire() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.committed = nil
            state.firstOffset = 0
            state.batches = TailRing()
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: .noOwner) }
    }

    /// Suspends until more than `offset` records are committed.
    func wait(beyond offset: UInt64) async -> Wake {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Wake? = state.withLock { state in
                    if Task.isCancelled { return .cancelled }
                    guard let committed = state.committed else { return .noOwner }
                    if committed.nextOffset > offset { return .more }
                    if state.waiters.count >= waiterLimit { return .tooMany }
                    state.waiters.append(Waiter(number: number, offset: offset, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let index = state.waiters.firstIndex { $0.number == number }
                return index.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
    }
}
