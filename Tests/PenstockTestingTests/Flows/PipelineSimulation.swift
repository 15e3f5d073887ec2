import Penstock
import PenstockLog

@testable import PenstockEngine
@testable import PenstockTesting

/// One pipeline over a log on a simulated disk: topics in, a recorded source, checkpoints, topics out. The disk dies in the middle of a call, as the
/// seed says, and the pipeline is begun again, until a run comes to its end.
struct PipelineSimulation {
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    /// What the topics hold at the end, and what the sink in memory has seen.
    struct Outcome: Equatable {
        var outputs: [FlowOutcome.Output] = []
    }

    private static let directory = "/log"
    private static let inputSeed: UInt64 = 5

    private var random: SeededRandom
    private var storage: SimulatedStorage
    private let sums = Observed("sums", of: Summed<Int64, Double>.self)
    private let source = ScriptedSource("source", of: Reading.self, disorder: .bounded(by: .nanoseconds(9)))
    private let sessions = Observed("sessions", of: KeyedResult<Int64, [Reading]>.self)
    /// How often the disk died before the pipeline had come to its end.
    private(set) var deaths = 0
    /// The checkpoints from which runs went on.
    private(set) var restored: [UInt64] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        storage = SimulatedStorage(seed: random.next())
        var input = SeededRandom(seed: Self.inputSeed + 1)
        for (reading, time) in Reading.random(120, disorder: 20, keys: 4, &input) {
            source.add(reading, at: time, to: 0)
            source.release(0)
        }
        source.addEnd(to: 0)
        source.release(0)
    }

    /// What comes of the input where nothing goes wrong.
    static let undisturbed = Task {
        var simulation = PipelineSimulation(seed: 0)
        return try await simulation.run(crashes: 0)
    }

    /// Runs the pipeline until it comes to its end, and breaks off at most `crashes` runs.
    mutating func run(crashes: Int) async throws -> Outcome {
        var input = SeededRandom(seed: Self.inputSeed)
        let readings = Reading.random(240, disorder: 50, keys: 6, &input)
        let log = try await openLog()
        try await Reading.write(readings, to: "numbers", partitions: 3, in: log)
        _ = try await log.openTopic(
            "totals", schema: Total.schema, creatingWith: TopicConfiguration(partitions: 2))
        try storage.syncDirectory("/")
        for attempt in 0... {
            if attempt < crashes { planTrouble() }
            let error = await failure()
            guard let error else { break }
            guard storage.isDead || storage.faults != FaultPlan() else {
                throw Violation(description: "attempt \(attempt) failed on a disk without faults: \(error)")
            }
            deaths += 1
            storage.crash(.process)
            storage.faults = FaultPlan()
            storage = storage.incarnation()
            // A process that dies behind its last word has done its work: begun again, it would do it again.
            if try await hasSaidItsLastWord() { break }
        }
        // A crash that was planned for later calls does not happen any more.
        storage.crash(.process, atCall: 0)
        storage.faults = FaultPlan()
        if storage.isDead { storage = storage.incarnation() }
        return try await outcome()
    }

    private mutating func planTrouble() {
        if random.below(4) == 0 {
            storage.faults.writeErrors = 0.01
            storage.faults.syncErrors = 0.01
            storage.faults.nameErrors = 0.01
        }
        storage.crash(random.coin() ? .process : .power, atCall: 1 + random.below(random.coin() ? 60 : 600))
    }

    /// Runs the pipeline once: why it did not come to its end, or nil.
    private mutating func failure() async -> (any Error)? {
        let shape = FlowRun.Shape(parallelism: [1, 2, 4][random.below(3)], batch: [1, 7, 4096][random.below(3)])
        do {
            let log = try await openLog()
            let plan = try await PhysicalPlan(flows(), parallelism: shape.parallelism, log: log)
            var options = RunOptions(batchEvents: shape.batch)
            options.checkpoints = CheckpointOptions(name: "simulated", interval: .zero)
            let run = PipelineRun(plan, options: options, log: log)
            defer { if let checkpoint = run.progress.restoredCheckpoint { restored.append(checkpoint) } }
            try await run.run()
            return nil
        } catch {
            return error
        }
    }

    /// Whether a checkpoint says that a run has come to its end.
    private func hasSaidItsLastWord() async throws -> Bool {
        let log = try await openLog()
        let store = try await CheckpointStore(CheckpointOptions(name: "simulated"), log, .durable)
        let last = try await store.last { _ in }.checkpoint
        try await store.close()
        return last?.state.forms.isEmpty ?? false
    }

    private func flows() -> [FlowDescription] {
        let recorder = FlowRecorder()
        FlowRecorder.$current.withValue(recorder) {
            let all = Flow("all") { From(Topic<Reading>("numbers"), disorder: .bounded(by: .nanoseconds(40))) }
            let windows = Flow("windows") {
                all
                KeyBy(\Reading.key)
                Sliding(.nanoseconds(60), every: .nanoseconds(25))
                Sum(\Reading.value)
            }
            _ = Flow("sums") {
                windows
                To(sums)
            }
            _ = Flow("totals") {
                windows
                Map { (s: Summed<Int64, Double>) in Total(s) }
                KeyBy(\Total.key)
                To(Topic<Total>("totals"))
            }
            _ = Flow("sessions") {
                From(source)
                Persist(topic: "readings")
                KeyBy(\Reading.key)
                Session(gap: .nanoseconds(8))
                Collect()
                To(sessions)
            }
            _ = Flow("copies") {
                all
                Filter { (r: Reading) in r.number % 3 > 0 }
                To(Topic<Reading>("copies"))
            }
        }
        return recorder.recorded
    }

    private func openLog() async throws -> EmbeddedLog {
        try await EmbeddedLog(directory: Self.directory, storage: storage)
    }

    private func outcome() async throws -> Outcome {
        let log = try await openLog()
        var outcome = Outcome(outputs: [
            .init(name: "sums", rows: sums.exactRows), .init(name: "sessions", rows: sessions.exactRows),
        ])
        for topic in ["totals", "copies", "readings"] {
            for number in try await log.describe(topic).partitions.indices {
                let partition = TopicPartition(topic, number)
                outcome.outputs.append(
                    .init(name: "\(partition)", rows: try await TopicContents.exactRows(of: partition, log)))
            }
        }
        return outcome
    }
}
