import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Processes with states and timers")
struct ProcessPropertyTests {
    private static func flow(_ input: DisorderedInput, byText: Bool = false, _ sink: StageDescription)
        -> FlowDescription
    {
        FlowDescription(
            name: "f",
            stages: [
                input.source, .keyBy { (s: Sample) in s.key }, .operation(AnyOperator(Ledger())), sink,
            ])
    }

    @Test(
        "keyed states of every kind, their times to live and timers follow the rules, however events are read",
        arguments: 0..<4)
    func rows(part: UInt64) async throws {
        for seed in part * 40..<(part + 1) * 40 {
            let input = DisorderedInput(seed: seed)
            let expected = LedgerReference(input).rows
            for (batch, parallelism) in [(1, 2), (7, 4), (4096, 1)] {
                let collector = Collector(String.self)
                try await run([Self.flow(input, .to(collector))], batch: batch, parallelism: parallelism)
                #expect(
                    collector.values == expected, "seed \(seed), batch \(batch), parallelism \(parallelism)")
                if collector.values != expected { return }
            }
        }
    }

    @Test("a run that fails goes on as if it had not, also with another parallelism", arguments: [1, 7])
    func restored(batch: Int) async throws {
        var restores = 0
        for seed in UInt64(0)..<12 {
            let input = DisorderedInput(seed: seed, events: 150)
            let expected = LedgerReference(input).rows
            guard expected.count > 20 else { continue }
            var random = SeededGenerator(seed: seed)
            let crash = Int.random(in: 5..<expected.count - 5, using: &random)
            let collector = DurableCollector(String.self)
            let epochs = try await runCrashing(
                collector, at: [crash, min(crash + 20, expected.count - 1)], batch: batch, parallelism: [2, 1, 4],
                [Self.flow(input, .to(collector))])
            #expect(collector.values == expected, "seed \(seed), failed at \(crash)")
            restores += epochs.compactMap(\.self).count
        }
        #expect(restores > 5)
    }

    @Test("keys of which nothing is known are forgotten")
    func forgotten() throws {
        var processor = KeyedProcessor(
            Ledger(),
            ProcessOptions(stage: testStage, origin: Origin(stage: 1, partition: 0), batchEvents: 64), ProcessRules())
        var key: any Processor = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        for time in Int64(0)..<2_000 {
            let batch = Batch([(time, Sample(key: time, number: time))], sequence: UInt64(time), watermark: time)
            for element in try key.outputs(.batch(batch)) { _ = try processor.outputs(element) }
        }
        // Without a total a key is gone 15 ns behind its last event, with its timers 17 ns behind it.
        #expect(processor.keys.count < 20)
        #expect(processor.keys.slotCount < 40)
        #expect(processor.tables.byteCount < 2_000)
    }

    @Test("more state than the limit ends the run with an error that says so")
    func limit() async throws {
        let steps = (0..<200).map { Step.e(Int64($0), key: Int64($0)) }
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                .operation(AnyOperator(Keeping(), stateLimit: 800)), .to(Collector(Int64.self)),
            ])
        let error = try await #require(throws: EngineError.self) { try await run([flow]) }
        #expect(error.summary.contains("keeps about 808 bytes of state for 101 keys, more than the limit of 800"))
    }

    @Test("two states of one name, and a time to live of nothing, are refused")
    func defects() throws {
        struct Twice: KeyedProcess {
            let a = ValueState("x", of: Int.self)
            let b = ListState("x", of: Int.self)
            func process(
                _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int>,
                context: ProcessContext<Int64>
            ) {}
        }
        struct Gone: KeyedProcess {
            let a = ValueState("x", of: Int.self, timeToLive: TimeToLive(.zero))
            func process(
                _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int>,
                context: ProcessContext<Int64>
            ) {}
        }
        #expect(AnyOperator(Twice()).defect == "two states are named \"x\"")
        #expect(AnyOperator(Gone()).defect == "the state \"x\": a time to live must be positive, but it is 0 ns")
        #expect(AnyOperator(Keeping(), stateLimit: 0).defect == "a limit of 0 bytes of state is not possible")
        #expect(AnyOperator(Keeping()).summary == "Keeping with last: Int64")
    }
}

/// Keeps a number of each key for ever.
private struct Keeping: KeyedProcess {
    let last = ValueState("last", of: Int64.self)

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int64>,
        context: ProcessContext<Int64>
    ) { state[last] = event.number }
}
