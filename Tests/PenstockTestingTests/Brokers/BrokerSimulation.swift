import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import PenstockTesting

/// Whole brokers and their clients in virtual time, over a simulated network and a simulated disk, with the troubles of a seed.
final class BrokerSimulation: Sendable {
    static let topic = "marks"
    static let group = "readers"

    let plan: BrokerPlan
    let scheduler: SimulatedScheduler
    let network: SimulatedNetwork
    let ledger = BrokerLedger()
    let randomNumbers: SeededRandomSource
    let brokers: [BrokerProcess]
    private let clients: [ClientProcess]
    private let disk: SimulatedStorage
    private let lines = Guarded<[String]>([])

    init(seed: UInt64, brokers count: Int, scheduler: SimulatedScheduler) {
        var random = SeededRandom(seed: seed)
        plan = BrokerPlan(brokers: count, &random)
        self.scheduler = scheduler
        network = SimulatedNetwork(seed: random.next(), scheduler: scheduler)
        randomNumbers = SeededRandomSource(seed: random.next())
        disk = SimulatedStorage(seed: random.next(), scheduler: scheduler)
        let disk = disk
        brokers = (0..<count).map { BrokerProcess($0, of: count, disk, random.next()) }
        let plan = plan
        let work =
            (0..<plan.producers).map { ClientProcess.Work.producer(UInt64($0)) }
            + (0..<plan.readers).map { .reader($0) } + (0..<plan.members).map { .member($0) }
            + (plan.members > 0 ? [.monitor] : [])
        clients = work.map { ClientProcess($0, random.next()) }
    }

    var clock: SimulatedClock { scheduler.clock() }
    var history: [String] { lines.withLock { $0 } }
    private var hosts: [String] { brokers.map(\.host) + clients.map(\.host) }
    var addresses: [FabricAddress] { brokers.map(\.address) }

    /// Writes down what happens, for the report of a seed that fails.
    func note(_ what: String) {
        let now = Double(clock.now().nanoseconds) / 1e9
        lines.withLock { $0.append("  \(now) s: \(what)") }
    }

    // MARK: Running

    func run() async {
        for broker in brokers { await broker.start(in: self) }
        let running = clients.map { client in Task { await client.run(in: self) } }
        for step in plan.steps {
            await clock.sleep(for: step.pause)
            await trouble(step.trouble)
        }
        for broker in brokers { broker.cancelInterruption() }
        network.faults = NetworkFaults()
        network.heal()
        // Nobody is stopped for longer.
        await clock.sleep(for: BrokerPlan.longestTrouble)
        for broker in brokers where !broker.isRunning { await broker.start(in: self) }
        note("everything is well again")
        await drain()
        for client in clients { client.stop() }
        for task in running { await task.value }
        for broker in brokers { await broker.stop(in: self) }
        await verify()
    }

    private func drain() async {
        let lanes = (0..<plan.producers).flatMap { producer in
            (0..<plan.partitions).map { BrokerLedger.Lane(producer: UInt64(producer), partition: $0) }
        }
        await wait("producers get through") { [ledger, plan] in
            lanes.allSatisfy { ledger.acknowledgedCount($0) == plan.records }
        }
        let contents = await contents()
        for (partition, content) in contents.enumerated() {
            ledger.check(content, partition, producers: plan.producers)
        }
        await wait("readers get to the end") { [clients] in clients.allSatisfy { $0.hasSeen(contents) } }
        guard plan.members > 0 else { return }
        await wait("the group processes everything") { [ledger] in
            contents.indices.allSatisfy { ledger.processedCount($0) == contents[$0].count }
        }
    }

    // In virtual time, of which there is plenty.
    private func wait(_ what: String, _ condition: @escaping @Sendable () -> Bool) async {
        let deadline = clock.now() + .seconds(1200)
        while !condition() {
            guard clock.now() < deadline else { return ledger.violate("it takes too long that \(what)") }
            guard ledger.violations.isEmpty else { return }
            await clock.sleep(for: .seconds(1))
        }
        note("it has come that \(what)")
    }

    private func trouble(_ trouble: BrokerPlan.Trouble) async {
        note("\(trouble)")
        switch trouble {
        case .crash(let number, let crash, let isSilent, let length):
            // The power is that of all brokers.
            let fallen = crash == .power ? brokers : [brokers[number]]
            for broker in fallen { broker.crash(crash, isSilent: isSilent, in: self) }
            await clock.sleep(for: length)
            for broker in fallen where !broker.isRunning { await broker.start(in: self) }
        case .restart(let number, let length):
            await brokers[number].stop(in: self)
            await clock.sleep(for: length)
            await brokers[number].start(in: self)
        case .kill(let number, let isSilent, let length):
            clients[number].die(isSilent: isSilent, for: length, in: self)
        case .separate(let client, let broker, let length):
            network.separate(clients[client].host, from: brokers[broker].host)
            clock.call(at: clock.now() + length) { [network] in network.heal() }
        case .stall(let number, let length): network.stall(hosts[number], for: length)
        case .freeze(let number, let length): scheduler.stop(hosts[number], for: length)
        case .oversleep(let partition, let change, let staying, let length):
            await oversleep(partition, change, staying: clients[staying], for: length)
        case .storm(let losses, let longDelays, let length):
            network.faults.losses = losses
            network.faults.longDelays = longDelays
            clock.call(at: clock.now() + length) { [network] in network.faults = NetworkFaults() }
        }
    }

    private func oversleep(_ partition: Int, _ change: Int?, staying: ClientProcess, for length: Duration) async {
        let partition = TopicPartition(Self.topic, partition)
        guard let owner = brokers.first(where: { $0.host == ledger.owner(of: partition) }) else { return }
        let leave: @Sendable () -> Void = { [clients] in
            self.note("\(owner.host) falls asleep")
            for client in clients where client !== staying { client.die(isSilent: false, for: .seconds(1), in: self) }
        }
        if let change {
            owner.interrupt(partition, atChange: change) { [scheduler, clock] in
                // As nobody's work: what comes of the owner's stands still with it.
                clock.call(at: clock.now(), leave)
                scheduler.standStill(for: length)
                self.note(
                    "\(owner.host) wakes up, and \(self.ledger.owner(of: partition) ?? "nobody") has \(partition)")
            }
        } else {
            leave()
            scheduler.stop(owner.host, for: length)
        }
        await clock.sleep(for: length / 2)
    }

    // MARK: What is there

    /// The partitions as another program finds them.
    private func contents() async -> [[BrokerLedger.Sight]] {
        let log = log(of: "auditor")
        var contents: [[BrokerLedger.Sight]] = []
        do {
            for partition in 0..<plan.partitions {
                let reader = try await log.reader(
                    for: TopicPartition(Self.topic, partition), from: .earliest, parts: .everything)
                var content: [BrokerLedger.Sight] = []
                while let entry = try await reader.next() {
                    if case .records(let records) = entry { content += try sights(records) }
                }
                await reader.close()
                contents.append(content)
            }
        } catch {
            ledger.violate("the log cannot be read in the end: \(error)")
        }
        log.close()
        return contents
    }

    /// Checks the files that are left: checksums, offsets without gaps, epochs that never fall.
    private func verify() async {
        do {
            let log = try await EmbeddedLog(
                directory: "/log", creating: false, storage: disk.incarnation(), timer: clock)
            for finding in try await log.verify(topic: Self.topic).findings where finding.severity == .damage {
                ledger.violate("\(finding.place): \(finding.summary)")
            }
        } catch {
            ledger.violate("the log cannot be verified in the end: \(error)")
        }
    }

    /// The records of a batch, which must be whole.
    func sights(_ records: RecordBatch) throws -> [BrokerLedger.Sight] {
        try (0..<records.count).map { index in
            let mark = try records.event(Mark.self, at: index)
            guard mark.isIntact(payloadBytes: Self.payloadBytes(mark.submission, mark.index)) else {
                throw Violation("the payload of record \(mark.index) of producer \(mark.submission) is damaged")
            }
            return BrokerLedger.Sight(
                offset: records.baseOffset + UInt64(index), producer: mark.submission, index: mark.index)
        }
    }

    static func payloadBytes(_ producer: UInt64, _ index: UInt32) -> Int {
        let draw = SplitMix64.mix(producer << 32 | UInt64(index)) >> 1
        return draw % 5 == 0 ? Int(draw >> 8) % (14 << 10) : Int(draw >> 8) % 300
    }

    /// A client's log over the network, of a process that has just begun.
    func log(of host: String) -> RemoteLog {
        RemoteLog(
            at: addresses, over: network.transport(of: host), client: host, timer: scheduler.clock(of: host),
            randomNumbers: randomNumbers)
    }
}
