internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// The writer of a partition of a broker's log. It belongs to one connection, and fails with it.
///
/// Batches are made in memory of the transport's, from where the broker pulls them, and their acknowledgements come by themselves: any
/// number are on their way, up to a limit of bytes.
final class RemoteWriter: TopicWriter {
    private struct State {
        /// How often an append was seen to fail.
        var series: UInt32 = 0
        var pendingBytes = 0
        var waiting: [(byteCount: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isClosed = false
    }

    let partition: TopicPartition
    let connection: ClientConnection
    let number: UInt32
    private let limits: RemoteLog.Limits
    private let codec: BatchCodec
    private let schema: Schema
    private let state = Guarded(State())

    init(_ partition: TopicPartition, _ sharing: WriterSharing, _ log: RemoteLog) async throws(LogError) {
        self.partition = partition
        limits = log.limits
        var answer: ClientConnection.Answer
        (connection, number, answer) = try await log.repeated(at: partition) { connection throws(LogError) in
            let number = log.nextNumber()
            return (connection, number, try await connection.answer(to: .openWriter(number, partition, sharing)))
        }
        do {
            codec = try answer.message.take()
            schema = try answer.message.take()
        } catch {
            throw LogError(.unreachable, "the broker has answered what cannot be understood: \(error)")
        }
    }

    deinit {
        // A writer that nobody closed is given back all the same.
        if !state.withLock({ $0.isClosed }) { connection.send(.closeWriter(number), deadline: nil) { _ in } }
    }

    func submit(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> PendingAppend {
        try await submit(prepared(batch), as: .plain)
    }

    func submit(_ batch: consuming RecordBatchBuilder, at offset: UInt64) async throws(LogError) -> PendingAppend {
        try await submit(prepared(batch), as: .at(offset))
    }

    func submit(
        _ batch: consuming RecordBatchBuilder, from producer: ProducerStamp
    ) async throws(LogError) -> PendingAppend {
        try await submit(prepared(batch), as: .producer(producer))
    }

    func submit(control record: ControlRecord) async throws(LogError) -> PendingAppend {
        try await submit(prepared(record), as: .plain)
    }

    func submit(control record: ControlRecord, at offset: UInt64) async throws(LogError) -> PendingAppend {
        try await submit(prepared(record), as: .at(offset))
    }

    func producer(named name: String) async throws(LogError) -> ProducerSession {
        try await connection.call(.openProducer(writer: number, name: name))
    }

    func close() async throws(LogError) {
        let (isFirst, waiting) = state.withLock { state in
            defer { (state.isClosed, state.waiting) = (true, []) }
            // Who waits gives the room back when it finds the writer closed.
            for one in state.waiting { state.pendingBytes += one.byteCount }
            return (!state.isClosed, state.waiting)
        }
        for one in waiting { one.continuation.resume() }
        guard isFirst, connection.isOpen else { return }
        try await connection.perform(.closeWriter(number))
    }

    // MARK: Batches

    /// A batch in memory of the transport's.
    struct Prepared: Sendable {
        let header: [UInt8]
        let body: SlabRange

        var byteCount: Int { body.count }
    }

    func prepared(_ batch: consuming RecordBatchBuilder) throws(LogError) -> Prepared {
        guard batch.schemaID == schema.id else {
            throw LogError(
                .schemaMismatch,
                "a batch of schema id \(batch.schemaID) cannot be appended to \(partition), which holds \(schema) (id \(schema.id))",
                hint: "write to a topic of its own", place: .init(partition: partition))
        }
        var slabs: [Slab] = []
        let made = try PortableBatch(batch, codec: codec, limits: limits.log, partition: partition) { byteCount in
            guard let slab = try? connection.depot.take(byteCount) else { return Payload.Storage(byteCount: byteCount) }
            slabs.append(slab)
            return Payload.Storage(
                writable: UnsafeMutableRawBufferPointer(rebasing: slab.bytes[..<byteCount]), of: slab)
        }
        return try prepared(made, slabs.first { $0.bytes.baseAddress == made.slab.bytes.baseAddress })
    }

    func prepared(_ record: ControlRecord) throws(LogError) -> Prepared {
        try prepared(PortableBatch(control: record, for: partition), nil)
    }

    private func prepared(_ batch: PortableBatch, _ slab: Slab?) throws(LogError) -> Prepared {
        if let slab {
            return Prepared(header: batch.headerBytes, body: slab[batch.body])
        }
        do throws(FabricError) {
            let slab = try connection.depot.take(batch.body.count)
            slab.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: batch.slab.bytes[batch.body]))
            return Prepared(header: batch.headerBytes, body: slab[0..<batch.body.count])
        } catch {
            throw LogError(error)
        }
    }

    func submit(
        _ batch: Prepared, as claim: PortableClaim, transaction: UInt32 = 0
    ) async throws(LogError) -> PendingAppend {
        await waitForRoom(batch.byteCount)
        let pending = PendingAppend()
        let early = EarlyAnswer()
        // Under the lock, so that the order here is the order of sending.
        let series: UInt32? = state.withLock { state in
            if state.isClosed { return nil }
            let series = state.series
            let append = Append(
                writer: number, series: series, claim: claim, transaction: transaction, header: batch.header)
            connection.send(.append(append), payload: batch.body, deadline: connection.deadline) { [self] in
                if !early.keep($0) { settle(pending, $0, series, batch.byteCount) }
            }
            return series
        }
        guard let series else {
            giveRoom(batch.byteCount)
            throw closed
        }
        if let answer = early.take() { settle(pending, answer, series, batch.byteCount) }
        return pending
    }

    /// An answer that comes while the request is being sent, under the lock: it is looked at behind it.
    private final class EarlyAnswer: Sendable {
        private struct State {
            var isSending = true
            var answer: Result<ClientConnection.Answer, LogError>?
        }

        private let state = Guarded(State())

        /// Keeps an answer; false where nothing is being sent any more.
        func keep(_ answer: Result<ClientConnection.Answer, LogError>) -> Bool {
            state.withLock { state in
                if state.isSending { state.answer = answer }
                return state.isSending
            }
        }

        /// What was kept. From now on nothing is.
        func take() -> Result<ClientConnection.Answer, LogError>? {
            state.withLock { state in
                state.isSending = false
                return state.answer
            }
        }
    }

    private func settle(
        _ pending: PendingAppend, _ result: Result<ClientConnection.Answer, LogError>, _ series: UInt32,
        _ byteCount: Int
    ) {
        let outcome: Result<Acknowledgement, LogError>
        switch result {
        case .success(var answer):
            do { outcome = .success(try answer.message.take()) } catch {
                outcome = .failure(LogError(.unreachable, "an acknowledgement cannot be understood: \(error)"))
            }
        case .failure(let error): outcome = .failure(error)
        }
        giveRoom(byteCount, failedSeries: outcome.isFailure ? series : nil)
        pending.settle(outcome)
    }

    // MARK: Room

    private func waitForRoom(_ byteCount: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state -> Bool in
                guard !state.isClosed, !state.waiting.isEmpty || !hasRoom(byteCount, state) else {
                    state.pendingBytes += byteCount
                    return true
                }
                state.waiting.append((byteCount, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func giveRoom(_ byteCount: Int, failedSeries: UInt32? = nil) {
        let admitted = state.withLock { state in
            state.pendingBytes -= byteCount
            if let failedSeries { state.series = max(state.series, failedSeries &+ 1) }
            var admitted: [CheckedContinuation<Void, Never>] = []
            while let first = state.waiting.first, hasRoom(first.byteCount, state) {
                state.waiting.removeFirst()
                state.pendingBytes += first.byteCount
                admitted.append(first.continuation)
            }
            return admitted
        }
        for continuation in admitted { continuation.resume() }
    }

    private func hasRoom(_ byteCount: Int, _ state: State) -> Bool {
        state.pendingBytes == 0 || state.pendingBytes + byteCount <= limits.pendingBytesPerWriter
    }

    private var closed: LogError {
        LogError(.closed, "the writer of \(partition) is closed", place: .init(partition: partition))
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
