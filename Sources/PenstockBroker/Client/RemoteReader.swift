internal import PenstockEvents
internal import PenstockLog

/// A reader of a partition of a broker's log, which goes on over another connection where one is lost.
///
/// While what was fetched is read, as much again is on its way.
final class RemoteReader: TopicReader {
    /// The reader at the broker's side.
    private struct Opening {
        let connection: ClientConnection
        let number: UInt32
    }

    private struct State {
        var opening: Opening?
        /// What was fetched and not delivered, the next one last.
        var ready: [LogEntry] = []
        var position: UInt64
        /// Where the position is when all of that is delivered.
        var fetchedPosition: UInt64
        /// What comes behind `fetchedPosition`.
        var ahead: Task<Fetched, any Error>?
        var isClosed = false
    }

    private struct Fetched {
        let entries: [LogEntry]
        let position: UInt64
    }

    /// Payloads that are asked for in one request.
    private static let payloadsAtOnce = 512

    let partition: TopicPartition
    private let parts: RecordParts
    private let log: RemoteLog
    private let state: Guarded<State>

    init(
        _ partition: TopicPartition, from position: ReadPosition, _ parts: RecordParts, _ log: RemoteLog
    ) async throws(LogError) {
        self.partition = partition
        self.parts = parts
        self.log = log
        let (opening, start) = try await Self.open(partition, position, parts, log)
        state = Guarded(State(opening: opening, position: start, fetchedPosition: start))
    }

    deinit {
        if let opening = state.withLock({ $0.opening }) { Self.close(opening) }
    }

    var position: UInt64 { state.withLock { $0.position } }

    func next() async throws(LogError) -> LogEntry? {
        if let entry = deliver() { return entry }
        if let ahead = state.withLock({ $0.ahead.take() }) {
            // Where it found nothing, or failed, there may be something now.
            if let fetched = try? await ahead.value, !fetched.entries.isEmpty {
                keep(fetched)
                return deliver()
            }
        }
        keep(try await fetch(waits: false))
        return deliver()
    }

    func nextControl() async throws(LogError) -> (record: ControlRecord, offset: UInt64)? {
        while let entry = deliver() {
            if case .control(let record, let offset) = entry { return (record, offset) }
        }
        dropAhead()
        let position = position
        var answer = try await opened { opening throws(LogError) in
            try await opening.connection.answer(to: .nextControl(reader: opening.number, from: position))
        }
        do {
            let next: UInt64 = try answer.message.take()
            let offset: UInt64? = try answer.message.take()
            let bytes = try answer.message.takeBytes()
            keep(Fetched(entries: [], position: next))
            guard let offset else { return nil }
            return (try bytes.withUnsafeBytes { try ControlRecord(decoding: $0) }, offset)
        } catch {
            throw malformed("\(error)")
        }
    }

    func waitForMore() async throws(LogError) {
        guard state.withLock({ $0.ready.isEmpty }) else { return }
        dropAhead()
        while true {
            let fetched = try await fetch(waits: true)
            // Nothing, where another request came meanwhile.
            guard fetched.entries.isEmpty else { return keep(fetched) }
        }
    }

    func skipDamage() async throws(LogError) -> Range<UInt64>? {
        guard state.withLock({ $0.ready.isEmpty }) else { return nil }
        dropAhead()
        let position = position
        let skipped: Range<UInt64>? = try await opened { opening throws(LogError) in
            try await opening.connection.call(.skipDamage(reader: opening.number, at: position))
        }
        if let skipped { keep(Fetched(entries: [], position: skipped.upperBound)) }
        return skipped
    }

    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) async throws(LogError) -> [Payload] {
        var payloads: [Payload] = []
        while payloads.count < offsets.count {
            let wanted = Array(offsets[payloads.count...].prefix(Self.payloadsAtOnce))
            let answer = try await opened { opening throws(LogError) in
                try await opening.connection.answer(
                    to: .payloads(reader: opening.number, offsets: wanted, selection))
            }
            let some = try Self.payloads(in: answer, partition)
            guard !some.isEmpty, some.count <= wanted.count else { throw malformed("payloads are missing") }
            payloads += some
        }
        return payloads
    }

    func close() async {
        dropAhead()
        let opening = state.withLock { state in
            state.isClosed = true
            state.ready = []
            return state.opening.take()
        }
        if let opening { Self.close(opening) }
    }

    // MARK: Fetching

    private func deliver() -> LogEntry? {
        state.withLock { state in
            guard let entry = state.ready.popLast() else { return nil }
            switch entry {
            case .records(let records): state.position = records.nextOffset
            case .control(_, let offset): state.position = offset + 1
            }
            if state.ready.isEmpty { state.position = state.fetchedPosition }
            return entry
        }
    }

    private func keep(_ fetched: Fetched) {
        let hasMore = state.withLock { state in
            state.ready = fetched.entries.reversed()
            state.fetchedPosition = fetched.position
            if state.ready.isEmpty { state.position = fetched.position }
            return !state.ready.isEmpty && !state.isClosed
        }
        guard hasMore else { return }
        let ahead = Task { [weak self] () throws -> Fetched in
            guard let self else { throw CancellationError() }
            return try await fetch(waits: false)
        }
        state.withLock { $0.ahead = ahead }
    }

    private func dropAhead() { state.withLock { $0.ahead.take() }?.cancel() }

    private func fetch(waits: Bool) async throws(LogError) -> Fetched {
        let from = state.withLock { $0.fetchedPosition }
        let byteLimit = UInt32(log.limits.fetchBytes)
        let answer = try await opened { opening throws(LogError) in
            let request = Request.fetch(
                Fetch(reader: opening.number, offset: from, byteLimit: byteLimit, waits: waits))
            return waits
                ? try await opening.connection.answerOrCancellation(of: request)
                : try await opening.connection.answer(to: request)
        }
        return try fetched(answer, from: from)
    }

    private func fetched(_ answer: ClientConnection.Answer, from first: UInt64) throws(LogError) -> Fetched {
        var message = answer.message
        let (position, count): (UInt64, UInt32)
        do { (position, count) = (try message.take(), try message.take()) } catch { throw malformed("\(error)") }
        var entries: [LogEntry] = []
        var start = 0
        for _ in 0..<count {
            guard let slab = answer.payload else { throw malformed("batches are missing") }
            let batch = try PortableBatch(received: slab, at: start, parts: parts, of: partition)
            start = BatchPlaces.next(behind: start, bodyByteCount: batch.body.count)
            entries.append(try batch.entry(from: first, parts: parts, of: partition))
        }
        return Fetched(entries: entries, position: position)
    }

    private static func payloads(
        in answer: ClientConnection.Answer, _ partition: TopicPartition
    ) throws(LogError) -> [Payload] {
        var message = answer.message
        do {
            let (counts, codecs): ([UInt64], [UInt8]) = (try message.take(), try message.take())
            guard counts.count == codecs.count else { throw WireError("codecs are missing") }
            var payloads: [Payload] = []
            var start = 0
            for (count, codec) in zip(counts, codecs) {
                let end = start + Int(clamping: count)
                guard end <= answer.payload?.bytes.count ?? 0 else { throw WireError("bytes are missing") }
                var payload = answer.payload.map { Payload($0, range: start..<end) } ?? .empty
                payload.codec = PayloadCodec(rawValue: codec)
                payloads.append(payload)
                start = end
            }
            return payloads
        } catch {
            throw malformed("\(error)", partition)
        }
    }

    // MARK: The broker's side

    /// Does something with the reader at the broker's side, which is opened again where its connection was lost.
    private func opened<Result: Sendable>(
        _ body: (Opening) async throws(LogError) -> Result
    ) async throws(LogError) -> Result {
        var firstLoss: MonotonicInstant?
        while true {
            let opening = try await opening()
            let began = log.timer.now()
            do throws(LogError) { return try await body(opening) } catch {
                let now = log.timer.now()
                // What has waited for long had a broker meanwhile.
                let since = now - began > log.limits.reachTimeout ? now : firstLoss ?? now
                firstLoss = since
                let isLost = !opening.connection.isOpen && error.code == .unreachable
                guard isLost || error.code == .moved, now - since < log.limits.reachTimeout else { throw error }
                state.withLock { $0.opening = nil }
            }
        }
    }

    private func opening() async throws(LogError) -> Opening {
        let (known, position, isClosed) = state.withLock { ($0.opening, $0.fetchedPosition, $0.isClosed) }
        if isClosed {
            throw LogError(.closed, "the reader of \(partition) is closed", place: .init(partition: partition))
        }
        if let known, known.connection.isOpen { return known }
        let (opening, _) = try await Self.open(partition, .offset(position), parts, log)
        state.withLock { $0.opening = opening }
        return opening
    }

    private static func open(
        _ partition: TopicPartition, _ position: ReadPosition, _ parts: RecordParts, _ log: RemoteLog
    ) async throws(LogError) -> (Opening, start: UInt64) {
        try await log.repeated(at: partition, over: .reading) { connection throws(LogError) in
            let number = log.nextNumber()
            let start: UInt64 = try await connection.call(.openReader(number, partition, position, parts))
            return (Opening(connection: connection, number: number), start)
        }
    }

    private static func close(_ opening: Opening) {
        opening.connection.send(.closeReader(opening.number), deadline: nil) { _ in }
    }

    private func malformed(_ why: String) -> LogError { Self.malformed(why, partition) }

    private static func malformed(_ why: String, _ partition: TopicPartition) -> LogError {
        LogError(
            .unreachable, "the broker has answered a reader of \(partition) what cannot be understood: \(why)",
            hint: "use the same release on both sides", place: .init(partition: partition))
    }
}
