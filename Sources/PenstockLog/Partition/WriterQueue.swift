internal import Synchronization

/// What was handed to a partition's writer and is not in the file yet, bounded in bytes. Offsets are given out here, in the order
/// of arrival.
final class WriterQueue: Sendable {
    struct Submission: Sendable {
        let batch: EncodedBatch
        let pending: PendingAppend
    }

    /// A batch that was taken, and whether its submitter has to start the writing.
    struct Admission: Sendable {
        let pending: PendingAppend
        let startsWriting: Bool
    }

    private struct Waiting {
        let batch: EncodedBatch
        let continuation: CheckedContinuation<Admission?, Never>
    }

    private struct State {
        var nextOffset: UInt64 = 0
        var queue: [Submission] = []
        /// Bytes in the queue and in the group that is being written.
        var bytes = 0
        var isWriting = false
        var isClosed = true
        var waiting: [Waiting] = []
    }

    private let state = Mutex(State())
    private let byteLimit: Int

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Begins to take batches, the first at `nextOffset`.
    func open(at nextOffset: UInt64) {
        state.withLock { state in
            state.nextOffset = nextOffset
            state.isClosed = false
        }
    }

    /// Takes a batch, suspending while there is no room; nil where the queue is closed.
    func submit(_ batch: EncodedBatch) async -> Admission? {
        await withCheckedContinuation { continuation in
            let answer: Admission?? = state.withLock { state in
                if state.isClosed { return .some(nil) }
                if state.waiting.isEmpty, hasRoom(for: batch, state) { return Self.admit(batch, &state) }
                state.waiting.append(Waiting(batch: batch, continuation: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Everything that has gathered.
    func takeGroup() -> [Submission] {
        state.withLock { state in
            defer { state.queue = [] }
            return state.queue
        }
    }

    /// A group is done; lets waiting batches in. Returns whether there is another group.
    func finish(_ group: [Submission]) -> Bool {
        let (admitted, more) = state.withLock { state in
            state.bytes -= group.reduce(0) { $0 + $1.batch.byteCount }
            var admitted: [(Waiting, Admission)] = []
            while let first = state.waiting.first, hasRoom(for: first.batch, state) {
                state.waiting.removeFirst()
                admitted.append((first, Self.admit(first.batch, &state)))
            }
            state.isWriting = !state.queue.isEmpty
            return (admitted, state.isWriting)
        }
        for (waiting, admission) in admitted {
            waiting.continuation.resume(returning: Admission(pending: admission.pending, startsWriting: false))
        }
        return more
    }

    /// Takes out what stands behind a failed write, and goes on giving out offsets from `nextOffset`.
    func fail(resumingAt nextOffset: UInt64) -> [Submission] {
        state.withLock { state in
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
        for waiting in waiting { waiting.continuation.resume(returning: nil) }
        return first
    }

    private func hasRoom(for batch: EncodedBatch, _ state: State) -> Bool {
        state.bytes == 0 || state.bytes + batch.byteCount <= byteLimit
    }

    private static func admit(_ batch: EncodedBatch, _ state: inout State) -> Admission {
        let pending = PendingAppend(firstOffset: state.nextOffset)
        state.nextOffset += UInt64(batch.count)
        state.bytes += batch.byteCount
        state.queue.append(Submission(batch: batch, pending: pending))
        defer { state.isWriting = true }
        return Admission(pending: pending, startsWriting: !state.isWriting)
    }
}
