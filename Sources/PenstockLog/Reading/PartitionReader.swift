internal import PenstockEvents

/// A reader of a partition of an embedded log.
///
/// Reading and verifying happen on a thread of the log. Small batches come from there many at a time, so that the way there and
/// back is paid once for a window of bytes and not for each of them.
final class PartitionReader: PortableReader {
    private struct State {
        /// What was fetched and not delivered, the next one last.
        var ready: [LogEntry] = []
        var position: UInt64
        /// Where the position is when all of that is delivered.
        var fetchedPosition: UInt64
    }

    let partition: TopicPartition
    private let fetcher: PartitionFetcher
    private let state: Guarded<State>

    init(_ partition: TopicPartition, fetcher: PartitionFetcher, position: UInt64) {
        self.partition = partition
        self.fetcher = fetcher
        state = Guarded(State(position: position, fetchedPosition: position))
    }

    var position: UInt64 { state.withLock { $0.position } }

    func next() async throws(LogError) -> LogEntry? {
        if let entry = deliver() { return entry }
        let fetched = try await fetcher.fetch()
        state.withLock { state in
            state.ready = fetched.entries.reversed()
            state.fetchedPosition = fetched.position
            if state.ready.isEmpty { state.position = fetched.position }
        }
        return deliver()
    }

    package func nextStored(_ byteLimit: Int) async throws(LogError) -> [PortableBatch] {
        let fetched = try await fetcher.fetchStored(byteLimit)
        state.withLock { state in
            precondition(state.ready.isEmpty, "a reader delivers entries or stored batches, not both")
            state.position = fetched.position
            state.fetchedPosition = fetched.position
        }
        return fetched.batches
    }

    func nextControl() async throws(LogError) -> (record: ControlRecord, offset: UInt64)? {
        while let entry = deliver() {
            if case .control(let record, let offset) = entry { return (record, offset) }
        }
        let (found, position) = try await fetcher.fetchControl()
        state.withLock { state in
            state.position = position
            state.fetchedPosition = position
        }
        return found
    }

    func waitForMore() async throws(LogError) {
        guard state.withLock({ $0.ready.isEmpty }) else { return }
        try await fetcher.waitForMore()
    }

    func skipDamage() async throws(LogError) -> Range<UInt64>? {
        guard state.withLock({ $0.ready.isEmpty }) else { return nil }
        guard let skipped = try await fetcher.skipDamage() else { return nil }
        state.withLock { state in
            state.position = skipped.upperBound
            state.fetchedPosition = skipped.upperBound
        }
        return skipped
    }

    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) async throws(LogError) -> [Payload] {
        try await fetcher.payloads(of: offsets, selection)
    }

    func close() async {
        state.withLock { $0.ready = [] }
        await fetcher.close()
    }

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
}
