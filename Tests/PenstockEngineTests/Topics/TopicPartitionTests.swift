import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// Partitions of a topic, written by key and read together.
@Suite("Topics with several partitions")
struct TopicPartitionTests {
    private func makeTopic(_ name: String, partitions: Int, in log: EmbeddedLog) async throws {
        _ = try await log.createTopic(
            name, schema: Reading.schema,
            configuration: TopicConfiguration(partitions: partitions, durability: .pageCache))
    }

    /// What a partition holds, in order.
    private func contents(_ topic: String, _ partition: Int, _ log: EmbeddedLog) async throws -> [Reading] {
        let reader = try await log.reader(for: TopicPartition(topic, partition), from: .earliest)
        var readings: [Reading] = []
        while let entry = try await reader.next() {
            guard case .records(let batch) = entry else { continue }
            for index in 0..<batch.count { readings.append(try batch.event(Reading.self, at: index)) }
        }
        await reader.close()
        return readings
    }

    private func writing(_ steps: [Step]) -> FlowDescription {
        FlowDescription(
            name: "write",
            stages: [
                .from(ScriptedSource(partitions: [steps], disorder: .marks)),
                .map { (s: Sample) in Reading(s.key, s.float) }, .keyBy { (r: Reading) in r.sensor },
                .to("readings", Reading.self),
            ])
    }

    @Test("events go to the partition of their key group, in order, and time marks to all", arguments: [1, 7, 4096])
    func byKeyGroup(batch: Int) async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        try await makeTopic("readings", partitions: 3, in: log)
        let steps = (Int64(0)..<300).map { n in Step.event(n, Sample(key: n % 17, float: Double(n))) } + [.w(300)]
        try await run([writing(steps)], batch: batch, log: log)
        var all: [Reading] = []
        for partition in 0..<3 {
            let readings = try await contents("readings", partition, log)
            let owned = (Int64(0)..<17).filter {
                KeyRouter.instance(of: SplitMix64.mix($0.canonicalInteger), among: 3) == partition
            }
            #expect(!owned.isEmpty && readings.allSatisfy { owned.contains($0.sensor) })
            #expect(readings.map(\.value) == readings.map(\.value).sorted())
            all += readings
            let reader = try await log.reader(for: TopicPartition("readings", partition), from: .earliest)
            let control = try await reader.nextControl()?.record
            #expect(control == .timeMark(Timestamp(nanoseconds: 300)), "partition \(partition)")
        }
        #expect(all.map(\.value).sorted() == (0..<300).map(Double.init))
    }

    /// Random steps of several partitions, put into a topic as they are.
    private func fill(_ input: WindowInput, _ log: EmbeddedLog, batch: Int) async throws {
        try await makeTopic("readings", partitions: input.partitions.count, in: log)
        for (partition, steps) in input.partitions.enumerated() {
            let writer = try await log.writer(for: TopicPartition("readings", partition))
            var records = RecordBatchBuilder(schemaID: Reading.schema.id)
            for step in steps {
                switch step {
                case .event(let time, let sample):
                    records.append(Reading(sample.key, sample.float), time: Timestamp(nanoseconds: time))
                case .mark(let time):
                    if records.count > 0 { try await writer.append(records) }
                    records = RecordBatchBuilder(schemaID: Reading.schema.id)
                    try await writer.append(control: .timeMark(Timestamp(nanoseconds: time)))
                case .control: break
                }
            }
            if records.count > 0 { try await writer.append(records) }
            try await writer.close()
        }
    }

    private static let sum: Aggregate = {
        let numbers = NumberKernel(floats: { rows, input, numbers in
            for k in 0..<rows.count { numbers[rows[k]] = input.assumingMemoryBound(to: Reading.self)[rows[k]].value }
            return KernelOutcome(processed: rows.count)
        })
        return Aggregate(.sum, of: numbers, row: ValueType(Row.self)) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: false))
            }
        }
    }()

    private func reading(_ input: WindowInput, _ drift: Int64?, _ sink: StageDescription) -> FlowDescription {
        var source = StageDescription.from(
            "readings", Reading.self, disorder: Disorder(boundNanoseconds: input.bound))
        source.reading.maxDrift = drift
        return FlowDescription(
            name: "read",
            stages: [
                source, .keyBy { (r: Reading) in r.sensor }, .aggregate(.time(input.windows), Self.sum), sink,
            ])
    }

    @Test(
        "partitions keep their own clocks: rows are those of the definition, however they are read", arguments: 0..<30)
    func clocks(seed: UInt64) async throws {
        let input = WindowInput(seed: seed)
        let reference = WindowReference(
            input.windows, bound: input.bound, partitions: input.partitions, .sum, .float)
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        try await fill(input, log, batch: 1)
        for (batch, parallelism, drift) in [(1, 1, nil), (3, 2, 0), (7, 1, 5), (4096, 4, nil)] as [(Int, Int, Int64?)] {
            let collector = Collector(Row.self)
            let run = try await run(
                [reading(input, drift, .to(collector))], batch: batch, parallelism: parallelism, log: log)
            #expect(collector.values == reference.rows, "seed \(seed), batch \(batch), drift \(drift ?? -1)")
            #expect(run.statistics == reference.statistics, "seed \(seed), batch \(batch)")
        }
    }

    @Test("a plan for another number of partitions is refused with both numbers")
    func otherNumber() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        try await makeTopic("readings", partitions: 3, in: log)
        let plan = try PhysicalPlan([
            FlowDescription(name: "read", stages: [.from("readings", Reading.self), .to(Collector(Reading.self))])
        ])
        let error = await #expect(throws: EngineError.self) {
            try await PipelineRun(plan, options: RunOptions(), log: log).run()
        }
        #expect(error?.summary.contains("has 3 partitions, but the pipeline was planned for 1") == true)
    }

    @Test("a run that fails goes on in every partition it reads, and writes each record once", arguments: [1, 7, 64])
    func onceInEach(batch: Int) async throws {
        // Counts each record of three partitions and writes it by key to two others.
        func flows(_ crash: Int?) -> [FlowDescription] {
            [
                FlowDescription(
                    name: "copy",
                    stages: [
                        .from("readings", Reading.self, disorder: Disorder(boundNanoseconds: 4)),
                        .operation(AnyOperator(Failing(at: crash))), .keyBy { (r: Reading) in r.sensor },
                        .to("copies", Reading.self),
                    ])
            ]
        }
        func copies(_ crashes: [Int]) async throws -> (partitions: [[Reading]], restored: [UInt64?]) {
            var runs = try BrokenRuns()
            let log = try await EmbeddedLog(directory: runs.folder.path)
            try await makeTopic("readings", partitions: 3, in: log)
            try await makeTopic("copies", partitions: 2, in: log)
            for partition in 0..<3 {
                let writer = try await log.writer(for: TopicPartition("readings", partition))
                for first in stride(from: 0, to: 200, by: 20) {
                    var records = RecordBatchBuilder(schemaID: Reading.schema.id)
                    for n in first..<first + 20 {
                        let time = Int64(n * 3 - n % 2 * 4)
                        records.append(
                            Reading(Int64(n % 11), Double(n * 10 + partition)), time: Timestamp(nanoseconds: time))
                    }
                    try await writer.append(records)
                }
                try await writer.close()
            }
            for crash in crashes.map(Optional.some) + [nil] {
                try await runs.run(BrokenRuns.Attempt(batch: batch, crash: crash), flows(crash))
            }
            return ([try await contents("copies", 0, log), try await contents("copies", 1, log)], runs.restored)
        }
        let whole = try await copies([]).partitions
        #expect(whole[0].count + whole[1].count == 600 && !whole[0].isEmpty && !whole[1].isEmpty)
        for crash in stride(from: 40, to: 600, by: 130) {
            let again = try await copies([crash, min(crash + 90, 599)])
            #expect(again.partitions == whole, "failed at \(crash)")
            if crash > 250, batch < 64 { #expect(again.restored.last != .some(nil), "no checkpoint was used") }
        }
    }
}

/// Passes readings on and fails at the one with a number.
private struct Failing: Operator {
    let limit: Int?

    init(at limit: Int?) { self.limit = limit }

    func makeState() -> RunningSum { RunningSum() }

    func process(
        _ events: Events<Reading>, state: inout RunningSum, into output: inout Output<Reading>, context: OperatorContext
    ) throws {
        for event in events {
            if let limit, state.count >= limit { throw Failure() }
            state.count += 1
            output.append(event.value, time: event.time)
        }
    }
}
