import PenstockEvents
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("Processes with states on disk")
struct SpilledProcessTests {
    private static func flow(_ input: DisorderedInput, memoryLimit: Int?, _ sink: StageDescription) -> FlowDescription {
        FlowDescription(
            name: "f",
            stages: [
                input.source, .keyBy { (s: Sample) in s.key },
                .operation(AnyOperator(Ledger(), memoryLimit: memoryLimit)), sink,
            ])
    }

    @Test("the rows are those of the rules, whatever goes to disk", arguments: [(1, 2), (7, 4), (4096, 1)])
    func rows(batch: Int, parallelism: Int) async throws {
        let folder = MemorySpillFolder()
        for seed in UInt64(0)..<25 {
            let input = DisorderedInput(seed: seed, events: 120, keys: 40)
            let expected = LedgerReference(input).rows
            let collector = Collector(String.self)
            var options = RunOptions(batchEvents: batch)
            options.spillFolder = folder
            let flow = Self.flow(input, memoryLimit: [1, 100, 600, 3_000][Int(seed % 4)], .to(collector))
            try await PipelineRun(try PhysicalPlan([flow], parallelism: parallelism), options: options, log: nil).run()
            #expect(collector.values == expected, "seed \(seed)")
        }
        #expect(folder.written > 10_000)
        #expect(folder.files == 0)
    }

    @Test("a run that fails with states on disk goes on as if it had not, also with another parallelism or limit")
    func restored() async throws {
        let folder = MemorySpillFolder()
        var restores = 0
        for seed in UInt64(0)..<12 {
            let input = DisorderedInput(seed: seed, events: 150, keys: 30)
            let expected = LedgerReference(input).rows
            guard expected.count > 20 else { continue }
            let collector = DurableCollector(String.self)
            var runs = try BrokenRuns()
            runs.spillFolder = folder
            var attempt = Int(seed)
            try await runs.run(collector, BrokenRuns.attempts(expected.count, seed: seed)) {
                attempt += 1
                return [Self.flow(input, memoryLimit: [1, 200, 1_000, nil][attempt % 4], .to($0))]
            }
            #expect(collector.values == expected, "seed \(seed)")
            restores += runs.restored.compactMap(\.self).count
        }
        #expect(restores > 5)
        #expect(folder.written > 1_000)
    }

    private static func processor(_ spill: SpillRule?) -> KeyedProcessor<Ledger> {
        KeyedProcessor(
            Ledger(),
            ProcessOptions(
                stage: testStage, origin: Origin(stage: 1, partition: 0), batchEvents: 64, spill: spill),
            ProcessRules())
    }

    @Test("a checkpoint is byte for byte that of a run without a limit")
    func snapshots() throws {
        let folder = MemorySpillFolder()
        var all = Self.processor(nil)
        var few = Self.processor(SpillRule(memoryLimit: 300, folder: folder))
        var key: any Processor = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        for time in Int64(0)..<4_000 {
            let sample = Sample(key: time * time % 997, number: time)
            let batch = Batch([(time, sample)], sequence: UInt64(time), watermark: time)
            for element in try key.outputs(.batch(batch)) {
                _ = try all.outputs(element)
                _ = try few.outputs(element)
            }
            guard time % 500 == 499 else { continue }
            var (whole, spilled) = (StateWriter(), StateWriter())
            try all.snapshot(into: &whole)
            try few.snapshot(into: &spilled)
            #expect(whole.chunks == spilled.chunks)
            // The limit counts the same, wherever states are.
            #expect(few.tables.wholeByteCount == all.tables.byteCount)
            #expect(few.tables.byteCount <= 300)
            #expect(few.measure().spilledBytes > 0 && few.measure().bytes < all.measure().bytes)
            var again = Self.processor(SpillRule(memoryLimit: 300, folder: folder))
            try again.restore(spilled.chunks)
            var restored = StateWriter()
            try again.snapshot(into: &restored)
            #expect(again.tables.byteCount <= 300)
            // Slots are given out anew, in the order of the groups.
            #expect(restored.chunks.map(\.bytes.count) == whole.chunks.map(\.bytes.count))
        }
        #expect(all.keys.count == few.keys.count)
    }

    @Test("the limit of all state counts what is on disk")
    func limit() async throws {
        let steps = (0..<200).map { Step.e(Int64($0), key: Int64($0)) }
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                .operation(AnyOperator(Last(), memoryLimit: 100, stateLimit: 800)), .to(Collector(Int64.self)),
            ])
        let error = try await #require(throws: EngineError.self) { try await run([flow]) }
        #expect(error.summary.contains("keeps about 808 bytes of state for 101 keys, more than the limit of 800"))
    }

    private static func runLast(
        _ faults: MemorySpillFolder.Faults, _ policy: ErrorPolicy = .fail
    ) async throws -> [Int64] {
        let steps = (0..<5_000).map { Step.e(Int64($0), key: Int64($0)) }
        let collector = Collector(Int64.self)
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                StageDescription.operation(AnyOperator(Last(), memoryLimit: 1_000)).onError(policy), .to(collector),
            ])
        var options = RunOptions()
        options.spillFolder = MemorySpillFolder(faults)
        try await PipelineRun(try PhysicalPlan([flow]), options: options, log: nil).run()
        return collector.values
    }

    @Test("a full disk ends the run with all that is to be known of it", arguments: [ErrorPolicy.fail, .skip])
    func full(policy: ErrorPolicy) async throws {
        let error = try await #require(throws: EngineError.self) {
            try await Self.runLast(.init(capacity: 9_000), policy)
        }
        #expect(error.summary.hasPrefix("stage f/"))
        #expect(error.summary.contains("bytes of state to /spill, where "))
        #expect(error.summary.hasSuffix("bytes are already: No space left on device"))
        #expect(error.hint?.hasPrefix("make room there, name another folder with --spill-directory") == true)
        #expect(error.category == .inputOutput)
    }

    @Test("a folder that takes no files ends the run before it begins")
    func refused() async throws {
        let error = try await #require(throws: EngineError.self) { try await Self.runLast(.init(refusesFiles: true)) }
        #expect(error.summary.hasSuffix(": cannot make a file for spilled state in /spill: Permission denied"))
        #expect(error.hint?.contains("--spill-directory") == true)
        let folder = try TestFolder()
        #expect(throws: SpillFault.self) { _ = try DiskSpillFolder(path: folder("absent/below")).makeFile() }
    }

    @Test("nothing is seen of the files in their folder, and nothing stays there")
    func unlinked() async throws {
        let folder = try TestFolder()
        let file = try DiskSpillFolder(path: folder("spill")).makeFile()
        #expect(folder.names() == ["spill"])
        #expect(folder.names(in: "spill").isEmpty)
        try [1, 2, 3, 4].withUnsafeBytes { try file.write($0, at: 0) }
        var numbers = [0, 0, 0]
        #expect(try numbers.withUnsafeMutableBytes { try file.read(into: $0, at: 8) } == 24)
        #expect(numbers == [2, 3, 4])
        #expect(try numbers.withUnsafeMutableBytes { try file.read(into: $0, at: 16) } == 16)
    }

    @Test("states that cannot be written, and a limit of nothing, are refused")
    func defects() {
        #expect(AnyOperator(Last(), memoryLimit: 0).defect == "a limit of 0 bytes of state in memory is not possible")
        #expect(AnyOperator(Unwritable()).defect == nil)
        #expect(AnyOperator(Last(), memoryLimit: 9).summary == AnyOperator(Last()).summary)
        #expect(AnyOperator(Last(), memoryLimit: 9).details == ", states above 9 bytes on disk")
        #expect(
            AnyOperator(Unwritable(), memoryLimit: 1_000).defect
                == "the state \"made\" cannot be written to disk: make Made an Event, a struct of plain numbers, or Codable; "
                + "or leave memoryLimit out")
    }

    @Test("a key is known until the last timer that is due at once has fired")
    func immediateTimers() async throws {
        let collector = Collector(Int64.self)
        let steps = [Step.e(1, key: 1), .e(2, key: 2), .e(3, key: 1)]
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                .operation(AnyOperator(Twice())), .to(collector),
            ])
        try await run([flow])
        #expect(collector.values == [0, 0, 1])
    }
}

/// Keeps a number of each key for ever.
private struct Last: KeyedProcess {
    let last = ValueState("last", of: Int64.self)

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int64>,
        context: ProcessContext<Int64>
    ) { state[last] = event.number }
}

/// Sets its state in the second of two timers that are due at once, and puts out what it was before.
private struct Twice: KeyedProcess {
    let count = ValueState("count", of: Int64.self)

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int64>,
        context: ProcessContext<Int64>
    ) {
        timers.set("first", at: context.clock)
        timers.set("second", at: context.clock)
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int64>,
        context: ProcessContext<Int64>
    ) {
        guard timer.name == "second" else { return }
        output.append(state[count, default: 0])
        state[count, default: 0] += 1
    }
}

/// Has a type with neither numbers nor a coding.
private struct Made: Sendable {
    let make: @Sendable () -> Int
}

private struct Unwritable: KeyedProcess {
    let made = ValueState("made", of: Made.self)

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int64>,
        context: ProcessContext<Int64>
    ) {}
}
