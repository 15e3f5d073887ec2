import PenstockEvents
import PenstockLog
import PenstockTesting

/// One random program against an embedded log on a simulated disk, beside a model of what the log promises.
///
/// Everything comes from the seed: the steps, the sizes, the faults, and the order in which the log's threads get on.
final class Simulation {
    struct Topic {
        let name: String
        let configuration: TopicConfiguration
        /// A call that made the topic returned.
        var isCreated = false
        var model: PartitionModel
        var writer: (any TopicWriter)?
        /// The batches of its producer, in their order.
        var produced: [(id: UInt64, firstSequence: UInt64, shape: BatchShape)] = []
    }

    static let directory = "/log"

    var random: SeededRandom
    var storage: SimulatedStorage
    var log: EmbeddedLog?
    var topics: [Topic] = []
    var group = GroupModel()
    var groupOwner: (any ConsumerGroup)?
    /// The steps so far, for the report.
    private(set) var history: [String] = []

    let clock = ManualClock()
    private let randomNumbers: SeededRandomSource
    private var submissions: UInt64 = 0
    /// The batches of an append that failed; the next one repeats them, as programs do.
    var failedShapes: [BatchShape]?

    init(seed: UInt64, scheduler: SimulatedScheduler) {
        random = SeededRandom(seed: seed)
        storage = SimulatedStorage(seed: random.next(), scheduler: scheduler)
        randomNumbers = SeededRandomSource(seed: random.next())
    }

    /// Runs the program to its end, where everything is compared once more.
    func run() async throws -> UInt64 {
        try await reopen()
        try await perform(.create)
        for _ in 0..<(20 + random.below(30)) {
            let step = Step.random(&random)
            history.append("\(step)")
            try await perform(step)
            if storage.isDead { try await recover() }
        }
        history.append("end")
        storage.crash(random.coin() ? .process : .power, atCall: 0)
        repair()
        for index in topics.indices { try await checkAll(index) }
        try await checkPositions()
        crash(random.coin() ? .process : .power)
        try await recover()
        return storage.trace
    }

    /// Whether a call may fail: the disk has faults or a limit, or the process is to die or is dead.
    var mayFail: Bool { storage.faults != FaultPlan() || storage.capacityBytes != nil || storage.isDead }

    /// Throws what no fault explains.
    func excuse(_ error: LogError, _ what: String) throws(Violation) {
        guard !mayFail else { return }
        throw Violation("\(what) failed without a fault: \(error.code.rawValue): \(error.summary)")
    }

    func nextSubmission() -> UInt64 {
        submissions += 1
        return submissions
    }

    func repair() {
        storage.faults = FaultPlan()
        storage.capacityBytes = nil
    }

    func crash(_ kind: Crash) {
        storage.crash(kind)
    }

    /// Opens the log, in this process.
    func reopen() async throws {
        var limits = LogLimits()
        limits.readWindowBytes = 16 << 10
        limits.batchBytes = 1 << 20
        limits.writerThreads = 1
        limits.readerThreads = 1
        // Every second read may be wrong here, which three attempts do not get past.
        limits.readAttempts = 12
        log = try await EmbeddedLog(
            directory: Self.directory, creating: !topics.contains { $0.isCreated }, storage: storage, clock: clock,
            limits: limits, randomNumbers: randomNumbers)
    }

    /// A new process takes the place of the dead one, and may die as well while it recovers.
    func recover() async throws {
        for attempt in 0... {
            let kind = storage.lastCrash ?? .process
            for index in topics.indices {
                topics[index].model.crash(kind, hadFailedSync: storage.failedSyncs > 0)
                topics[index].writer = nil
            }
            group.crash(kind, hadFailedSync: storage.failedSyncs > 0)
            groupOwner = nil
            log = nil
            repair()
            storage = storage.incarnation()
            if attempt < 2, random.below(4) == 0 {
                storage.crash(random.coin() ? .process : .power, atCall: 1 + random.below(12))
            }
            do {
                try await reopen()
                for index in topics.indices where topics[index].isCreated { try await takeOver(index) }
            } catch let error as LogError {
                try excuse(error, "recovery")
            }
            guard storage.isDead else { return }
        }
    }

    /// Reads a partition as the dead owner left it, becomes its owner, and reads it again.
    private func takeOver(_ index: Int) async throws {
        let before = random.coin() ? try await readAll(index) : nil
        let writer = try await openWriter(index)
        let reading = try await readAll(index)
        guard !storage.isDead else { return }
        let model = topics[index].model
        if let before, !model.mayBeTorn, !model.losesRecords, before.deliveries != reading.deliveries {
            throw Violation(
                "\(model.partition): \(before.deliveries.count) records before the new owner, "
                    + "\(reading.deliveries.count) after it")
        }
        try topics[index].model.observe(reading)
        try topics[index].model.observeAll(reading)
        topics[index].model.settle(reading)
        topics[index].writer = writer
    }

    func openWriter(_ index: Int) async throws -> any TopicWriter {
        if let writer = topics[index].writer { return writer }
        let writer = try await log!.writer(for: topics[index].model.partition)
        topics[index].writer = writer
        return writer
    }
}
