import PenstockBroker
import PenstockEvents
import PenstockLog
import PenstockTesting

/// A client of the brokers on a host of its own, which dies and comes back.
final class ClientProcess: Sendable {
    enum Work: Sendable {
        case producer(UInt64)
        case reader(Int)
        case member(Int)
        /// Looks at what the group has committed.
        case monitor
    }

    private struct State {
        var log: RemoteLog?
        var task: Task<Void, any Error>?
        /// Until when it is dead.
        var deadUntil: MonotonicInstant?
        var isOver = false
        /// What a reader has seen since it began, by partition.
        var seen: [[BrokerLedger.Sight]] = []
    }

    let work: Work
    let host: String
    private let random: Guarded<SeededRandom>
    private let state = Guarded(State())

    init(_ work: Work, _ seed: UInt64) {
        self.work = work
        host =
            switch work {
            case .producer(let number): "producer-\(number)"
            case .reader(let number): "reader-\(number)"
            case .member(let number): "member-\(number)"
            case .monitor: "monitor"
            }
        random = Guarded(SeededRandom(seed: seed))
    }

    /// Lives, one life after the other, until it is done or stopped.
    func run(in simulation: BrokerSimulation) async {
        let clock = simulation.scheduler.clock(of: host)
        while !state.withLock({ $0.isOver }) {
            await clock.enter()
            let log = simulation.log(of: host)
            let task = Task { try await self.live(log, clock, simulation) }
            let isOver = state.withLock { state in
                (state.log, state.task) = (log, task)
                return state.isOver
            }
            if isOver { task.cancel() }
            do {
                try await task.value
                log.close()
                return simulation.note("\(host) is done")
            } catch {
                simulation.note("\(host) ends: \(error)")
            }
            log.close()
            let rest = state.withLock { $0.deadUntil.take() }
            if let rest { try? await clock.sleep(until: rest) } else { await pause(below: 500, clock) }
        }
    }

    /// Dies, and comes back later.
    func die(isSilent: Bool, for pause: Duration, in simulation: BrokerSimulation) {
        simulation.network.kill(host, silently: isSilent)
        let (log, task) = state.withLock { state in
            state.deadUntil = simulation.clock.now() + pause
            return (state.log, state.task)
        }
        log?.close()
        task?.cancel()
    }

    /// Ends its last life.
    func stop() {
        let (log, task) = state.withLock { state in
            state.isOver = true
            return (state.log, state.task)
        }
        task?.cancel()
        log?.close()
    }

    /// Whether it has read everything that there is, where it is a reader.
    func hasSeen(_ contents: [[BrokerLedger.Sight]]) -> Bool {
        guard case .reader = work else { return true }
        return state.withLock { $0.seen } == contents
    }

    private func live(_ log: RemoteLog, _ clock: SimulatedClock, _ simulation: BrokerSimulation) async throws {
        switch work {
        case .producer(let number): try await produce(number, log, clock, simulation)
        case .reader: try await read(log, clock, simulation)
        case .member: try await consume(log, clock, simulation)
        case .monitor: try await watch(log, clock, simulation)
        }
    }

    fileprivate func draw(below bound: Int) -> Int { random.withLock { $0.below(bound) } }

    private func pause(below milliseconds: Int, _ clock: SimulatedClock) async {
        await clock.sleep(for: .microseconds(draw(below: milliseconds * 1000)))
    }

    // MARK: Producing

    private func produce(_ number: UInt64, _ log: RemoteLog, _ clock: SimulatedClock, _ simulation: BrokerSimulation)
        async throws
    {
        let (plan, ledger) = (simulation.plan, simulation.ledger)
        let options = ProducerOptions(
            name: host, linger: .milliseconds(draw(below: 10)), batchRecords: 1 + draw(below: 5),
            batchesInFlight: 1 + draw(below: 5), afterFailure: .stopPartition, clock: clock)
        let producer = try await Producer<Mark>(
            BrokerSimulation.topic, in: log,
            creatingWith: TopicConfiguration(
                partitions: plan.partitions, durability: plan.durability, segmentBytes: 64 << 10), options: options)
        var next: [UInt32] = []
        for partition in 0..<plan.partitions {
            let count = try await producer.nextSequence(in: partition)
            ledger.acknowledgeAll(below: count, .init(producer: number, partition: partition))
            next.append(UInt32(count))
        }
        while let partition = next.indices.filter({ next[$0] < plan.records }).randomElement(using: self) {
            let (lane, index) = (BrokerLedger.Lane(producer: number, partition: partition), next[partition])
            next[partition] += 1
            ledger.send(index, lane)
            let mark = Mark(
                submission: number, index: index, payloadBytes: BrokerSimulation.payloadBytes(number, index))
            let receipt = try await producer.send(mark, time: Timestamp(nanoseconds: 0), partition: partition)
            Task {
                if let offset = try? await receipt.offset() { ledger.acknowledge(index, lane, at: offset) }
            }
            if draw(below: 2) == 0 { await pause(below: 3000, clock) }
            try Task.checkCancellation()
        }
        try await producer.close()
        // Records whose place is not known any more are there all the same.
        for (partition, count) in next.enumerated() {
            ledger.acknowledgeAll(below: UInt64(count), .init(producer: number, partition: partition))
        }
    }

    // MARK: Reading

    private func read(_ log: RemoteLog, _ clock: SimulatedClock, _ simulation: BrokerSimulation) async throws {
        let partitions = simulation.plan.partitions
        state.withLock { $0.seen = Array(repeating: [], count: partitions) }
        let consumer = try await RecordConsumer(
            (0..<partitions).map { TopicPartition(BrokerSimulation.topic, $0) }, in: log,
            options: ConsumerOptions(prefetchBytes: 1 << (10 + draw(below: 10)), clock: clock))
        do {
            while let delivery = try await consumer.next() {
                guard let records = delivery.records else { continue }
                let sights = try simulation.sights(records)
                let partition = delivery.partition.partition
                for sight in sights { simulation.ledger.see(sight, partition, by: host) }
                state.withLock { $0.seen[partition] += sights }
            }
        } catch {
            try? await consumer.close()
            throw error
        }
    }

    private func watch(_ log: RemoteLog, _ clock: SimulatedClock, _ simulation: BrokerSimulation) async throws {
        while true {
            let positions = try await log.positions(of: BrokerSimulation.group)
            for partition in 0..<simulation.plan.partitions {
                guard let position = positions[TopicPartition(BrokerSimulation.topic, partition)] else { continue }
                simulation.ledger.observe(committed: position, partition)
            }
            try Task.checkCancellation()
            await pause(below: 2000, clock)
        }
    }

    private func consume(_ log: RemoteLog, _ clock: SimulatedClock, _ simulation: BrokerSimulation) async throws {
        let commits: ConsumerCommits = draw(below: 2) == 0 ? .manual : .automatic(every: .milliseconds(500))
        let consumer = try await RecordConsumer(
            topics: [BrokerSimulation.topic], in: log, group: BrokerSimulation.group,
            options: ConsumerOptions(
                commits: commits, instance: draw(below: 2) == 0 ? host : nil, clock: clock))
        do {
            while let delivery = try await consumer.next() {
                guard let records = delivery.records else { continue }
                for sight in try simulation.sights(records) {
                    simulation.ledger.process(sight, delivery.partition.partition, by: host)
                }
                if commits == .manual { try await consumer.commit() }
            }
        } catch {
            try? await consumer.close()
            throw error
        }
    }
}

extension [Int] {
    fileprivate func randomElement(using client: ClientProcess) -> Int? {
        isEmpty ? nil : self[client.draw(below: count)]
    }
}
