internal import PenstockEvents
internal import PenstockLog

/// A reader of a session: serves one request after the other, each from an offset that the client names. One that waits for records is
/// answered at once when another one comes.
actor SessionReader {
    typealias Found = (batches: [PortableBatch], position: UInt64)

    private let log: any LogStore
    nonisolated let partition: TopicPartition
    private let parts: RecordParts
    private var reader: (any PortableReader)?
    /// The request before this one.
    private var last: Task<Void, Never>?
    private var waiting: Task<Void, any Error>?
    /// What comes behind the last answer, read while that is on its way; at most as much as one answer.
    private var ahead: (offset: UInt64, batches: Task<Found, any Error>)?
    /// How many requests have come.
    private var asked = 0
    private var isClosed = false

    /// Goes to where reading begins.
    init(
        _ log: any LogStore, _ partition: TopicPartition, _ position: ReadPosition, _ parts: RecordParts
    ) async throws(LogError) {
        self.log = log
        self.partition = partition
        self.parts = parts
        reader = try await Self.reader(log, partition, position, parts)
    }

    /// Where reading goes on.
    var position: UInt64 { get async { await reader?.position ?? 0 } }

    /// The next stored batches from `offset` on, and where reading goes on behind them. Where there are none: nothing, or when there are
    /// some.
    func batches(
        from offset: UInt64, _ byteLimit: Int, waits: Bool
    ) async throws(LogError) -> Found {
        let number = asked + 1
        return try await inTurn { (session: isolated SessionReader) async throws(LogError) in
            if let found = await session.takeAhead(at: offset) {
                try await session.readAhead(behind: found, byteLimit)
                return found
            }
            let reader = try await session.reader(at: offset)
            while true {
                let batches = try await reader.nextStored(byteLimit)
                if !batches.isEmpty || !waits || session.asked != number {
                    let found = (batches, await reader.position)
                    try await session.readAhead(behind: found, byteLimit)
                    return found
                }
                try await session.wait(reader)
            }
        }
    }

    // Whoever gets as much as he has asked for is behind, and comes again.
    private func readAhead(behind found: Found, _ byteLimit: Int) async throws(LogError) {
        guard found.batches.reduce(0, { $0 + $1.body.count }) >= byteLimit / 2 else { return }
        let reader = try await reader(at: found.position)
        ahead = (
            found.position,
            Task {
                let batches = try await reader.nextStored(byteLimit)
                return (batches, await reader.position)
            }
        )
    }

    /// What was read ahead from `offset` on; nil where that is nothing, or failed. Nothing is read ahead any more.
    private func takeAhead(at offset: UInt64) async -> Found? {
        guard let ahead = ahead.take() else { return nil }
        let found = try? await ahead.batches.value
        return ahead.offset == offset && found?.batches.isEmpty == false ? found : nil
    }

    /// The next control record from `offset` on, and where reading goes on.
    func control(
        from offset: UInt64
    ) async throws(LogError) -> (found: (record: ControlRecord, offset: UInt64)?, position: UInt64) {
        try await inTurn { (session: isolated SessionReader) async throws(LogError) in
            _ = await session.takeAhead(at: offset)
            let reader = try await session.reader(at: offset)
            let found = try await reader.nextControl()
            return (found, await reader.position)
        }
    }

    /// Goes behind the damage at `offset`; the offsets that are passed over.
    func skipDamage(at offset: UInt64) async throws(LogError) -> Range<UInt64>? {
        try await inTurn { (session: isolated SessionReader) async throws(LogError) in
            _ = await session.takeAhead(at: offset)
            let reader = try await session.reader(at: offset)
            do throws(LogError) { _ = try await reader.nextStored(1) } catch {
                guard error.code == .damaged else { throw error }
            }
            return try await reader.skipDamage()
        }
    }

    /// Payloads, beside the reading position.
    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) async throws(LogError) -> [Payload] {
        guard let reader else { throw closed }
        return try await reader.payloads(of: offsets, selection)
    }

    func close() async {
        isClosed = true
        asked += 1
        waiting?.cancel()
        await last?.value
        _ = await takeAhead(at: 0)
        await reader?.close()
        reader = nil
    }

    // What is asked of a reader at once is done in the order of asking.
    private func inTurn<Result: Sendable>(
        _ body: @escaping @Sendable (isolated SessionReader) async throws(LogError) -> Result
    ) async throws(LogError) -> Result {
        asked += 1
        waiting?.cancel()
        let before = last
        let turn = Task { () -> Swift.Result<Result, LogError> in
            await before?.value
            if isClosed { return .failure(closed) }
            do throws(LogError) { return .success(try await body(self)) } catch { return .failure(error) }
        }
        last = Task { _ = await turn.value }
        return try await turn.value.get()
    }

    private func reader(at offset: UInt64) async throws(LogError) -> any PortableReader {
        if let reader, await reader.position == offset { return reader }
        let next = try await Self.reader(log, partition, .offset(offset), parts)
        await reader?.close()
        reader = next
        return next
    }

    private func wait(_ reader: any PortableReader) async throws(LogError) {
        let waiting = Task { try await reader.waitForMore() }
        self.waiting = waiting
        defer { self.waiting = nil }
        do { try await waiting.value } catch let error as LogError where error.code == .cancelled {
        } catch {
            throw error as? LogError ?? closed
        }
    }

    private static func reader(
        _ log: any LogStore, _ partition: TopicPartition, _ position: ReadPosition, _ parts: RecordParts
    ) async throws(LogError) -> any PortableReader {
        guard let reader = try await log.reader(for: partition, from: position, parts: parts) as? any PortableReader
        else { preconditionFailure("a broker serves a log whose readers give stored batches") }
        return reader
    }

    private var closed: LogError {
        LogError(.closed, "the reader of \(partition) is closed", place: .init(partition: partition))
    }
}
