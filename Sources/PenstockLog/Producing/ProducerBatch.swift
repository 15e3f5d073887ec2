internal import PenstockEvents

/// The answer for the records of one batch, which may come in pieces: a batch that is sent again may be cut where the
/// log has a part.
final class ProducerBatch: Sendable {
    private struct Piece {
        let rows: Range<Int>
        let result: Result<Acknowledgement, LogError>
    }

    private struct State {
        var pieces: [Piece] = []
        var open: Int?
        var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var nextNumber = 0
    }

    let partition: TopicPartition
    private let state = Guarded(State())

    init(_ partition: TopicPartition) { self.partition = partition }

    /// Says how many records there are to be answered for, before the first answer.
    func seal(count: Int) { state.withLock { $0.open = count } }

    /// The answer for some records.
    func settle(_ rows: Range<Int>, _ result: Result<Acknowledgement, LogError>) {
        let waiting = state.withLock { state in
            guard let open = state.open else { preconditionFailure("a batch was answered before it was sealed") }
            state.pieces.append(Piece(rows: rows, result: result))
            state.open = open - rows.count
            guard state.open == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting.map(\.continuation)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// The answer for one record, where it is there.
    func result(of index: Int) -> Result<RecordAcknowledgement, LogError>? {
        state.withLock { state in
            guard let piece = state.pieces.first(where: { $0.rows.contains(index) }) else { return nil }
            return piece.result.map { acknowledgement in
                RecordAcknowledgement(
                    partition: partition,
                    offset: acknowledgement.knowsOffset
                        ? acknowledgement.firstOffset + UInt64(index - piece.rows.lowerBound) : nil,
                    durability: acknowledgement.durability, isDuplicate: acknowledgement.isDuplicate)
            }
        }
    }

    /// The first failure among the answers.
    var failure: LogError? {
        state.withLock { state in
            for piece in state.pieces { if case .failure(let error) = piece.result { return error } }
            return nil
        }
    }

    /// Suspends until all records are answered for.
    /// - Throws: `LogError` with code `cancelled` where the task is before.
    nonisolated(nonsending) func answered() async throws(LogError) {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        await withTaskCancellationHandler {
            await wait(as: number, unless: { Task.isCancelled })
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
        guard state.withLock({ $0.open == 0 }) else {
            throw LogError(
                .cancelled, "waiting for what was sent to \(partition) was cancelled",
                hint: "the records are on their way all the same", place: .init(partition: partition))
        }
    }

    /// Suspends until all records are answered for, whether the task is cancelled or not.
    nonisolated(nonsending) func wait() async { await wait(as: -1, unless: { false }) }

    private nonisolated(nonsending) func wait(as number: Int, unless isOver: () -> Bool) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.open == 0 || isOver() { return false }
                state.waiting.append((number, continuation))
                return true
            }
            if !waits { continuation.resume() }
        }
    }
}
