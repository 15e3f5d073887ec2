internal import PenstockEvents

/// What was handed to a partition's writer and is not in the file yet, bounded in bytes. Offsets are given out here, in the order
/// of arrival.
final class WriterQueue: Sendable {
    struct Submission: Sendable {
        let batch: EncodedBatch
        let pending: PendingAppend
    }

    /// A batch that was taken, and whether its submitter has to start the writing.
    struct Admission: Sendable {
        /// Nil where there was nothing to write.
        let pending: PendingAppend?
        /// The batch's header as far as it is known here.
        var header = BatchHeader()
        var startsWriting = false
    }

    private struct Waiting {
        let batch: EncodedBatch
        let claim: Claim
        let continuation: CheckedContinuation<Result<Admission, Refusal>, Never>
    }

    private struct State {
        var nextOffset: UInt64 = 0
        var queue: [Submission] = []
        /// Bytes in the queue and in the group that is being written.
        var bytes = 0
        var isWriting = false
        var isClosed = true
        var waiting: [Waiting] = []
        var admissions: Admissions
    }

    private let state: Guarded<State>
    private let byteLimit: Int

    init(byteLimit: Int, admissions: Admissions) {
        self.byteLimit = byteLimit
        state = Guarded(State(admissions: admissions))
    }

    /// Begins to take batches, the first at `nextOffset`.
    func open(at nextOffset: UInt64, ledger: PartitionLedger) {
        state.withLock { state in
            state.nextOffset = nextOffset
            state.admissions.ledger = ledger
            state.isClosed = false
        }
    }

    /// Takes a batch, suspending while there is no room.
    func submit(_ batch: EncodedBatch, as claim: Claim = .plain) async -> Result<Admission, Refusal> {
        if let answer = state.withLock({ admit(batch, claim, &$0) }) { return answer }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state in
                let answer = admit(batch, claim, &state)
                if answer == nil {
                    state.waiting.append(Waiting(batch: batch, claim: claim, continuation: continuation))
                }
                return answer
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Takes a batch at once; nil where there is no room.
    func submitIfRoom(_ batch: EncodedBatch, as claim: Claim) -> Result<Admission, Refusal>? {
        state.withLock { admit(batch, claim, &$0) }
    }

    /// Takes a small batch of the log's own at once, before those that wait for room.
    func submitNow(_ batch: EncodedBatch, as claim: Claim) -> Result<Admission, Refusal> {
        state.withLock { state in state.isClosed ? .failure(.closed) : Self.take(batch, claim, &state) }
    }

    /// Looks at the ledger of what was submitted, or changes who has the partition.
    func withAdmissions<Result>(_ body: (inout Admissions) -> Result) -> Result {
        state.withLock { body(&$0.admissions) }
    }

    // Nil where there is no room.
    private func admit(_ batch: EncodedBatch, _ claim: Claim, _ state: inout State) -> Result<Admission, Refusal>? {
        if state.isClosed { return .failure(.closed) }
        guard state.waiting.isEmpty, hasRoom(for: batch, state) else { return nil }
        return Self.take(batch, claim, &state)
    }

    /// Whether nothing waits to be written.
    var isEmpty: Bool { state.withLock { $0.queue.isEmpty } }

    /// What has gathered: at least one batch if there is any, and no more than the limit if that is more than one.
    func takeGroup(byteLimit: Int) -> [Submission] {
        state.withLock { state in
            var bytes = 0
            var count = 0
            while count < state.queue.count {
                bytes += state.queue[count].batch.byteCount
                if count > 0, bytes > byteLimit { break }
                count += 1
            }
            defer { state.queue.removeFirst(count) }
            return Array(state.queue[..<count])
        }
    }

    /// A group is done; lets waiting batches in. Returns whether there is another group.
    func finish(_ group: [Submission]) -> Bool {
        let (admitted, more) = state.withLock { state in
            state.bytes -= group.reduce(0) { $0 + $1.batch.byteCount }
            var admitted: [(Waiting, Result<Admission, Refusal>)] = []
            while let first = state.waiting.first, hasRoom(for: first.batch, state) {
                state.waiting.removeFirst()
                admitted.append((first, Self.take(first.batch, first.claim, &state)))
            }
            state.isWriting = !state.queue.isEmpty
            return (admitted, state.isWriting)
        }
        for (waiting, admission) in admitted {
            waiting.continuation.resume(returning: admission)
        }
        return more
    }

    /// Takes out what stands behind a failed write, and goes on giving out offsets from `nextOffset`.
    func fail(resumingAt nextOffset: UInt64, ledger: PartitionLedger) -> [Submission] {
        state.withLock { state in
            state.admissions.rollBack(to: ledger)
            defer { state.queue = [] }
            state.bytes -= state.queue.reduce(0) { $0 + $1.batch.byteCount }
            state.nextOffset = nextOffset
            return state.queue
        }
    }

    /// Takes nothing more; who waits for room is turned away. Returns false where it was closed before.
    func close() -> Bool {
        let (first, waiting) = state.withLock { state in
            defer {
                state.isClosed = true
                state.waiting = []
            }
            return (!state.isClosed, state.waiting)
        }
        for waiting in waiting { waiting.continuation.resume(returning: .failure(.closed)) }
        return first
    }

    private func hasRoom(for batch: EncodedBatch, _ state: State) -> Bool {
        state.bytes == 0 || state.bytes + batch.byteCount <= byteLimit
    }

    private static func take(
        _ batch: EncodedBatch, _ claim: Claim, _ state: inout State
    ) -> Result<Admission, Refusal> {
        let pending = PendingAppend(firstOffset: state.nextOffset)
        switch state.admissions.admit(batch, as: claim, at: state.nextOffset, pending) {
        case .append(let batch):
            state.nextOffset += UInt64(batch.count)
            state.bytes += batch.byteCount
            state.queue.append(Submission(batch: batch, pending: pending))
            defer { state.isWriting = true }
            return .success(Admission(pending: pending, header: batch.header, startsWriting: !state.isWriting))
        case .duplicate(let pending): return .success(Admission(pending: pending))
        case .needless: return .success(Admission(pending: nil))
        case .refused(let refusal): return .failure(refusal)
        }
    }
}
