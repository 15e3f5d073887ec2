internal import PenstockEvents
internal import PenstockLog

/// What was appended, and what it took.
struct AppendResult: Sendable {
    var events = 0
    var seconds = 0.0
    var cpuSeconds = 0.0
    /// Of single appends, where they were waited for.
    var latencies: [Double] = []

    mutating func add(_ other: AppendResult) {
        events += other.events
        seconds += other.seconds
        cpuSeconds += other.cpuSeconds
        latencies += other.latencies
    }
}

/// One round of appending to a fresh log, from the first append to the last acknowledgement.
struct AppendRound: Sendable {
    /// Appends that a producer has not looked after yet.
    private static let pendingLimit = 1024
    private static let latencyLimit = 1_000_000

    let load: AppendLoad
    let directory: String
    let producers: Int
    let partitions: Int
    let durability: Durability
    let codec: BatchCodec
    let seconds: Double
    let waits: Bool
    let directWrites: FileStorage.DirectWrites

    func run() async throws -> AppendResult {
        let log = try await EmbeddedLog(directory: directory, storage: FileStorage(directWrites: directWrites))
        var writers: [[any TopicWriter]] = []
        for producer in 0..<producers {
            let topic = "load-\(producer)"
            _ = try await log.createTopic(
                topic, schema: load.schema,
                configuration: TopicConfiguration(partitions: partitions, durability: durability, codec: codec))
            var own: [any TopicWriter] = []
            for partition in 0..<partitions { own.append(try await log.writer(for: TopicPartition(topic, partition))) }
            writers.append(own)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let cpuStart = ProcessorTime.processNanoseconds
        let end = start.advanced(by: .seconds(seconds))
        var total = AppendResult()
        try await withThrowingTaskGroup(of: AppendResult.self) { group in
            for own in writers { group.addTask { try await produce(into: own, until: end) } }
            for try await result in group { total.add(result) }
        }
        total.cpuSeconds = (ProcessorTime.processNanoseconds - cpuStart) * 1e-9
        total.seconds = (clock.now - start) / .seconds(1)
        for writer in writers.joined() { try await writer.close() }
        return total
    }

    private func produce(into writers: [any TopicWriter], until end: ContinuousClock.Instant) async throws
        -> AppendResult
    {
        let clock = ContinuousClock()
        var result = AppendResult()
        var pending: [PendingAppend] = []
        var number = 0
        while clock.now < end {
            let writer = writers[number % writers.count]
            if waits {
                let start = clock.now
                try await writer.append(load.batch(number))
                if result.latencies.count < Self.latencyLimit {
                    result.latencies.append((clock.now - start) / .seconds(1))
                }
            } else {
                pending.append(try await writer.submit(load.batch(number)))
                if pending.count == Self.pendingLimit {
                    for append in pending { _ = try await append.acknowledgement() }
                    pending.removeAll(keepingCapacity: true)
                }
            }
            result.events += load.eventsPerBatch
            number += 1
        }
        for append in pending { _ = try await append.acknowledgement() }
        return result
    }
}
