internal import PenstockEvents
internal import PenstockLog

/// Appends to one partition of a broker's log.
struct ProduceLoad {
    /// Of one round.
    struct Produced {
        var events = 0
        var seconds = 0.0
        var brokerSeconds = 0.0
        var clientSeconds = 0.0
    }

    let broker: BrokerProcess
    let partition: TopicPartition
    /// Batches that are on their way at a time.
    let window: Int

    /// Appends batches for some seconds; the clock stops when all are acknowledged, and, where `follows`, when a consumer in this process
    /// has them too.
    func run(_ load: AppendLoad, seconds: Double, follows: Bool) async throws -> Produced {
        let writer = try await broker.log.writer(for: partition)
        // Memory that is touched for the first time is not what is measured.
        var events = try await append(load, to: writer, until: { $0 >= 2 * window })
        let end = try await broker.log.describe(partition.topic).partitions[partition.partition].nextOffset
        let reader = follows ? try await broker.consumerLog.reader(for: partition, from: .offset(end)) : nil
        let clock = ContinuousClock()
        let processes = TwoProcesses(broker)
        let start = clock.now
        let due = start.advanced(by: .seconds(seconds))
        let following = reader.map { reader in
            Task {
                var events = 0
                while !Task.isCancelled {
                    switch try await reader.following() {
                    case .records(let records): events += records.count
                    case .control: return events
                    }
                }
                return events
            }
        }
        events = try await append(load, to: writer, until: { _ in clock.now >= due })
        if let following {
            try await writer.append(control: .timeMark(Timestamp(nanoseconds: 1)))
            guard try await following.value == events else { throw ReadTooLittle() }
        }
        let cpu = processes.seconds()
        let result = Produced(
            events: events, seconds: (clock.now - start) / .seconds(1), brokerSeconds: cpu.broker,
            clientSeconds: cpu.client)
        await reader?.close()
        try await writer.close()
        return result
    }

    /// Waits for each append of one event before the next; the times in seconds, sorted.
    func latencies(_ load: AppendLoad, count: Int) async throws -> [Double] {
        let writer = try await broker.log.writer(for: partition)
        let clock = ContinuousClock()
        var times: [Double] = []
        for number in 0..<count {
            let batch = load.batch(number)
            let start = clock.now
            try await writer.append(batch)
            times.append((clock.now - start) / .seconds(1))
        }
        try await writer.close()
        return times.sorted()
    }

    private func append(
        _ load: AppendLoad, to writer: any TopicWriter, until isOver: (Int) -> Bool
    ) async throws -> Int {
        var pending: [PendingAppend] = []
        var number = 0
        while !isOver(number) {
            if number >= window { _ = try await pending[number % window].acknowledgement() }
            let append = try await writer.submit(load.batch(number))
            if number < window { pending.append(append) } else { pending[number % window] = append }
            number += 1
        }
        for append in pending { _ = try await append.acknowledgement() }
        return number * load.eventsPerBatch
    }
}
