import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import PenstockTesting

/// A broker on a host of its own, which dies and comes back.
final class BrokerProcess: Sendable {
    private struct Life {
        let storage: SimulatedStorage
        let broker: Broker
    }

    private struct State {
        var life: Life?
        /// Processes that are dead and do not know it.
        var endings: [Task<Void, Never>] = []
    }

    let host: String
    let address: FabricAddress
    private let count: Int
    private let disk: SimulatedStorage
    private let randomNumbers: SeededRandomSource
    private let state = Guarded(State())

    init(_ number: Int, of count: Int, _ disk: SimulatedStorage, _ seed: UInt64) {
        host = "broker-\(number)"
        address = .name(host)
        self.count = count
        self.disk = disk
        randomNumbers = SeededRandomSource(seed: seed)
    }

    var isRunning: Bool { state.withLock { $0.life != nil } }

    func start(in simulation: BrokerSimulation) async {
        let storage = disk.incarnation()
        let clock = simulation.scheduler.clock(of: host)
        await clock.enter()
        do {
            var limits = LogLimits()
            (limits.writerThreads, limits.readerThreads) = (1, 1)
            // Whoever writes tells readers by itself, once he is there.
            limits.foreignWriterPollInterval = .seconds(5)
            let cluster = try await cluster(storage, clock, simulation.plan.lease)
            let leases = cluster.map { RecordedLeases($0, of: host, simulation.ledger) }
            let log = try await EmbeddedLog(
                directory: "/log", storage: storage, clock: ManualClock(), timer: clock, limits: limits,
                randomNumbers: randomNumbers, leases: leases)
            try storage.syncDirectory("/")
            var brokerLimits = Broker.Limits()
            brokerLimits.silence = simulation.plan.silence
            let broker = Broker(
                log, name: host, limits: brokerLimits, cluster: cluster, timer: clock, randomNumbers: randomNumbers
            ) { client throws(LogError) in
                AllRights(client: client.name)
            }
            try await broker.listen(at: address, over: simulation.network.transport(of: host))
            if cluster != nil { try await broker.join(at: address) }
            state.withLock { $0.life = Life(storage: storage, broker: broker) }
            simulation.note("\(host) is there")
        } catch {
            simulation.ledger.violate("\(host) does not start: \(error)")
        }
    }

    /// The place among the brokers, where there are several.
    private func cluster(
        _ storage: SimulatedStorage, _ clock: SimulatedClock, _ lease: Duration
    ) async throws -> BrokerCluster? {
        guard count > 1 else { return nil }
        let coordinator = try await FileCoordinator(
            directory: "/coordination", timing: LeaseTiming(lease: lease), storage: storage, clock: clock,
            randomNumbers: randomNumbers)
        return try BrokerCluster(coordinator, name: host)
    }

    /// Dies without a word to its disk, and with one or none to its peers.
    func crash(_ crash: Crash, isSilent: Bool, in simulation: BrokerSimulation) {
        guard let life = state.withLock({ $0.life.take() }) else { return }
        life.storage.crash(crash)
        simulation.network.kill(host, silently: isSilent)
        // What is left of it must end too; nobody hears of it.
        let clock = simulation.scheduler.clock(of: host)
        let ending = Task {
            await clock.enter()
            await life.broker.close()
        }
        state.withLock { $0.endings.append(ending) }
    }

    /// Calls `body` once before the n-th change of a partition's files from now, unless the process dies before.
    func interrupt(_ partition: TopicPartition, atChange change: Int, _ body: @escaping @Sendable () -> Void) {
        let directory = "/log/\(partition.topic)/\(partition.partition)/"
        state.withLock { $0.life }?.storage.interrupt(atCall: change, under: directory, body)
    }

    /// Gives up an interruption that has not come.
    func cancelInterruption() { state.withLock { $0.life }?.storage.interrupt(atCall: 0, under: "") {} }

    /// Stops in an orderly way.
    func stop(in simulation: BrokerSimulation) async {
        let (life, endings) = state.withLock { state in
            defer { state.endings = [] }
            return (state.life.take(), state.endings)
        }
        for ending in endings { await ending.value }
        guard let life else { return }
        await simulation.scheduler.clock(of: host).enter()
        await life.broker.close()
        simulation.network.kill(host, silently: false)
        life.storage.crash(.process)
        simulation.note("\(host) has stopped")
    }
}
