internal import PenstockEvents

/// A transaction over partitions of an embedded log.
///
/// The order is fixed: begin in the home, begin and rows everywhere, all acknowledgements, the home's commit record, which decides,
/// the other partitions' commit records. An abort tells the home first, too.
final class PartitionTransaction: PortableTransaction {
    private enum Phase {
        case open
        case committing
        /// The home says so; others may not yet.
        case committed
        case aborting
        case aborted
        /// The next owners decide.
        case left
    }

    private struct State {
        var phase = Phase.open
        var participants: [Participant]
        var failure: LogError?
    }

    /// A partition of the transaction.
    private struct Participant {
        let writer: PartitionWriter
        var begin: UInt64?
        /// The row with the highest offset: acknowledgements come in that order.
        var last: PendingAppend?
    }

    let id: TransactionID
    private let state: Guarded<State>

    /// A transaction that has all of `writers` to itself; the first one is its home.
    init(_ writers: [PartitionWriter], _ randomNumbers: any RandomSource) throws(LogError) {
        id = TransactionID(high: randomNumbers.next(), low: randomNumbers.next())
        state = Guarded(State(participants: writers.map { Participant(writer: $0) }))
        for (index, writer) in writers.enumerated() {
            guard let refusal = writer.hold(for: self) else { continue }
            for held in writers[..<index] { held.release(id) }
            state.withLock { $0.phase = .aborted }
            throw LogError(refusal, partition: writer.partition)
        }
    }

    deinit {
        let (phase, participants) = state.withLock { ($0.phase, $0.participants) }
        guard phase != .aborted, phase != .left else { return }
        Task { [id] in
            try? await Self.end(participants, id, phase == .committed ? .transactionCommit(id) : .transactionAbort(id))
        }
    }

    func submit(
        _ batch: consuming RecordBatchBuilder, to partition: TopicPartition
    ) async throws(LogError) -> PendingAppend {
        let index = try index(of: partition)
        return try await submit(writer(index).encoded(batch), to: index)
    }

    func submit(control record: ControlRecord, to partition: TopicPartition) async throws(LogError) -> PendingAppend {
        let index = try index(of: partition)
        return try await submit(writer(index).encoded(record), to: index)
    }

    package func submit(
        _ batch: AdmittedBatch, to partition: TopicPartition
    ) async throws(LogError) -> PendingAppend {
        try await submit(batch.batch, to: index(of: partition))
    }

    func commit() async throws(LogError) {
        let (phase, participants) = state.withLock { state in
            defer { if state.phase == .open { state.phase = .committing } }
            return (state.phase, state.participants)
        }
        switch phase {
        case .open: try await decide(participants)
        case .committed: break
        case .committing, .aborting, .aborted, .left: throw ended("cannot commit: it is ending or has been aborted")
        }
        do {
            try await Self.end(Array(participants.dropFirst()), id, .transactionCommit(id))
        } catch {
            throw LogError(
                error.code, error.summary, hint: "the transaction is decided and committed; call commit() again",
                place: error.place)
        }
    }

    func abort() async throws(LogError) {
        let (phase, participants) = state.withLock { state in
            defer { if state.phase == .open { state.phase = .aborting } }
            return (state.phase, state.participants)
        }
        switch phase {
        case .open, .aborting: break
        case .aborted, .left: return
        case .committing, .committed: throw ended("cannot be aborted: it is committing or has committed")
        }
        try await drop(participants)
    }

    func leave() {
        state.withLock { if $0.phase == .open { $0.phase = .left } }
    }

    private func submit(_ batch: EncodedBatch, to index: Int) async throws(LogError) -> PendingAppend {
        let writer = try state.withLock { state throws(LogError) in
            guard state.phase == .open else { throw ended("takes no more rows: it has ended") }
            // The home's begin is in the queue before any other: the others name its offset.
            for needed in index == 0 ? [0] : [0, index] where state.participants[needed].begin == nil {
                let home = state.participants[0]
                state.participants[needed].begin = try begin(
                    state.participants[needed].writer, home: home.writer, offset: home.begin)
            }
            return state.participants[index].writer
        }
        do {
            let pending = try await writer.submit(batch, as: .row(id))
            state.withLock { state in
                if pending.firstOffset >= state.participants[index].last?.firstOffset ?? 0 {
                    state.participants[index].last = pending
                }
            }
            return pending
        } catch {
            state.withLock { $0.failure = $0.failure ?? error }
            throw error
        }
    }

    private func begin(
        _ writer: PartitionWriter, home: PartitionWriter, offset: UInt64?
    ) throws(LogError) -> UInt64 {
        let begin = TransactionBegin(
            id: id, homeTopic: home.partition.topic, homePartition: UInt32(home.partition.partition),
            homeOffset: offset ?? 0, homeEpoch: home.epoch)
        let pending = try writer.submitNow(.transactionBegin(begin), as: .begin(begin, isHome: offset == nil))
        guard let pending else { preconditionFailure("the begin of a transaction has a place") }
        return pending.firstOffset
    }

    // Returns when the home says that the transaction is committed; else it is aborted.
    private func decide(_ participants: [Participant]) async throws(LogError) {
        do throws(LogError) {
            for participant in participants { _ = try await participant.last?.acknowledgement() }
            if let failure = state.withLock({ $0.failure }) { throw failure }
            for participant in participants where participant.writer.hasFailed(id) {
                throw LogError(Refusal.transactionFailed(id), partition: participant.writer.partition)
            }
            if participants[0].begin != nil {
                _ = try await participants[0].writer.submitNow(.transactionCommit(id), as: .commit(id))?
                    .acknowledgement()
            }
            state.withLock { $0.phase = .committed }
            participants[0].writer.release(id)
        } catch {
            state.withLock { $0.phase = .aborting }
            // Where this fails, too, the next owner of the home decides.
            try? await drop(participants)
            throw error
        }
    }

    private func drop(_ participants: [Participant]) async throws(LogError) {
        try await Self.end(participants, id, .transactionAbort(id))
        state.withLock { $0.phase = .aborted }
    }

    // Tells the partitions how the transaction ended, the first one before the others, and gives them back.
    private static func end(
        _ participants: [Participant], _ id: TransactionID, _ record: ControlRecord
    ) async throws(LogError) {
        var failure: LogError?
        var pending: [(PartitionWriter, PendingAppend?)] = []
        for (index, participant) in participants.enumerated() {
            do {
                let append = try participant.writer.submitNow(record, as: .end(id))
                if index == 0 { _ = try await append?.acknowledgement() }
                pending.append((participant.writer, append))
            } catch {
                if index == 0, case .transactionAbort = record { throw error }
                failure = failure ?? error
            }
        }
        for (writer, append) in pending {
            do {
                _ = try await append?.acknowledgement()
                writer.release(id)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func index(of partition: TopicPartition) throws(LogError) -> Int {
        let index = state.withLock { $0.participants.firstIndex { $0.writer.partition == partition } }
        guard let index else {
            throw LogError(
                .invalidTransaction, "\(partition) does not belong to transaction \(id)",
                hint: "begin it over all writers that it needs", place: .init(partition: partition))
        }
        return index
    }

    private func writer(_ index: Int) -> PartitionWriter { state.withLock { $0.participants[index].writer } }

    private func ended(_ what: String) -> LogError {
        LogError(.transactionFailed, "transaction \(id) \(what)", hint: "begin a new transaction")
    }
}
