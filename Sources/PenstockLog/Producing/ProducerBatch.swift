internal import PenstockEvents

/// The answer for the records of one batch, which may come in pieces: a batch that is sent again may be cut where the log has a part.
final class ProducerBatch: Sendable {
    private struct Piece {
        let rows: Range<Int>
        let result: Result<Acknowledgement, LogError>
    }

    private struct State {
        var pieces: [Piece] = []
        var open: Int?
        var waiting: [@Sendable () -> Void] = []
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
            guard state.open == 0 else { return [@Sendable () -> Void]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for body in waiting { body() }
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
    nonisolated(nonsending) func wait() async {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                if state.open == 0 { return true }
                state.waiting.append { continuation.resume() }
                return false
            }
            if isSettled { continuation.resume() }
        }
    }
}
