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
        switch state.withLock({ admit(batch, &$0) }) {
        case .taken(let admission): return admission
        case .closed: return nil
        case .full: break
        }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state in
                let answer = admit(batch, &state)
                if case .full = answer { state.waiting.append(Waiting(batch: batch, continuation: continuation)) }
                return answer
            }
            switch answer {
            case .taken(let admission): continuation.resume(returning: admission)
            case .closed: continuation.resume(returning: nil)
            case .full: break
            }
        }
    }

    private enum Answer {
        case taken(Admission)
        case full
        case closed
    }

    private func admit(_ batch: EncodedBatch, _ state: inout State) -> Answer {
        if state.isClosed { return .closed }
        guard state.waiting.isEmpty, hasRoom(for: batch, state) else { return .full }
        return .taken(Self.take(batch, &state))
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
            var admitted: [(Waiting, Admission)] = []
            while let first = state.waiting.first, hasRoom(for: first.batch, state) {
                state.waiting.removeFirst()
                admitted.append((first, Self.take(first.batch, &state)))
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

    private static func take(_ batch: EncodedBatch, _ state: inout State) -> Admission {
        let pending = PendingAppend(firstOffset: state.nextOffset)
        state.nextOffset += UInt64(batch.count)
        state.bytes += batch.byteCount
        state.queue.append(Submission(batch: batch, pending: pending))
        defer { state.isWriting = true }
        return Admission(pending: pending, startsWriting: !state.isWriting)
    }
}
