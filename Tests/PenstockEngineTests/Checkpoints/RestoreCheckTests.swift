import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("The restore check")
struct RestoreCheckTests {
    /// A log with a checkpoint of a pipeline that was broken off.
    private struct Broken {
        let folder: TestFolder
        let collector: DurableCollector<Int64>

        func run(_ flows: [FlowDescription], dropping: Set<String> = [], parallelism: Int = 1) async throws
            -> RunProgress
        {
            collector.fail(at: nil)
            var options = CheckpointOptions(name: "test")
            options.dropping = dropping
            let run = PipelineRun(
                try PhysicalPlan(flows, parallelism: parallelism),
                options: RunOptions(batchEvents: 64, topicDurability: .pageCache, checkpoints: options),
                log: try await EmbeddedLog(directory: folder.path))
            try await run.run()
            return run.progress
        }

        func report(_ flows: [FlowDescription], dropping: Set<String> = []) async throws -> RestoreReport {
            var options = CheckpointOptions(name: "test")
            options.dropping = dropping
            let log = try await EmbeddedLog(directory: folder.path)
            return try #require(try await PhysicalPlan(flows).restoreReport(options, log: log))
        }
    }

    private func broken(_ flows: (DurableCollector<Int64>) -> [FlowDescription]) async throws -> Broken {
        let collector = DurableCollector(Int64.self)
        var runs = try BrokenRuns()
        collector.fail(at: 300, afterCheckpoint: true)
        try await runs.run(.init(crash: 300), flows(collector))
        return Broken(folder: runs.folder, collector: collector)
    }

    /// The running sum, under the given names.
    private func flow(
        _ collector: DurableCollector<Int64>, flow: String = "f", formerFlow: String? = nil, stage: String,
        formerly: [String] = []
    ) -> [FlowDescription] {
        var running = StageDescription.operation(AnyOperator(Running())).named(stage)
        running.formerNames = formerly
        var flow = FlowDescription(name: flow, stages: [BrokenRuns.source(4), running, .to(collector)])
        flow.formerNames = formerFlow.map { [$0] } ?? []
        return [flow]
    }

    private func wholeRows() async throws -> [Int64] {
        let whole = DurableCollector(Int64.self)
        var runs = try BrokenRuns()
        try await runs.run(.init(), flow(whole, stage: "sum"))
        return whole.values
    }

    @Test("an unchanged pipeline matches in all states")
    func matched() async throws {
        let broken = try await broken { flow($0, stage: "sum") }
        let report = try await broken.report(flow(broken.collector, stage: "sum"))
        #expect(
            report.lines == [
                "matched   f/From: source 0", "matched   f/From: source 1", "matched   f/To: sink",
                "matched   f/sum: operator", "matched   f/sum: order",
            ])
        #expect(report.refusal == nil)
    }

    @Test("stable operator ids: a renamed stage and a renamed flow go on under their former names")
    func formerly() async throws {
        let whole = try await wholeRows()
        let stage = try await broken { self.flow($0, stage: "sum") }
        let renamed = flow(stage.collector, stage: "total", formerly: ["older", "sum"])
        #expect(
            try await stage.report(renamed).lines.contains(
                "matched   f/total: operator  formerly f/sum: operator"))
        #expect(try await stage.run(renamed, parallelism: 2).restoredCheckpoint != nil)
        #expect(stage.collector.values == whole)
        let other = try await broken { self.flow($0, stage: "sum") }
        let both = flow(other.collector, flow: "g", formerFlow: "f", stage: "total", formerly: ["sum"])
        #expect(try await other.report(both).refusal == nil)
        #expect(try await other.run(both).restoredCheckpoint != nil)
        #expect(other.collector.values == whole)
    }

    @Test("a removed stage is refused with 78, and goes with --drop-state")
    func orphaned() async throws {
        let twice = { (collector: DurableCollector<Int64>) in
            [
                FlowDescription(
                    name: "f",
                    stages: [
                        BrokenRuns.source(4), StageDescription.operation(AnyOperator(Running())).named("sum"),
                        .map { (sum: Int64) in Sample(number: sum) },
                        StageDescription.operation(AnyOperator(Running())).named("more"), .to(collector),
                    ])
            ]
        }
        let broken = try await broken(twice)
        let once = flow(broken.collector, stage: "sum")
        let refusal = await #expect(throws: RestoreRefused.self) { try await broken.run(once) }
        #expect(refusal?.summary == "the checkpoint has a state of f/more: operator, which is not in the pipeline")
        #expect(
            refusal?.hint
                == "where its stage has a new name add .formerly(\"more\") to it, or give the state up with "
                + "--drop-state \"f/more: operator\"")
        #expect(refusal?.category == .configuration)
        for id in ["f/more", "f/more: operator"] {
            let report = try await broken.report(once, dropping: [id])
            #expect(report.refusal == nil)
            #expect(report.lines.contains { $0.hasPrefix("dropped   f/more: operator ") })
        }
        let progress = try await broken.run(once, dropping: ["f/more", "f/nobody"])
        #expect(progress.restoredCheckpoint != nil)
        #expect(
            progress.remarks == [
                .warning(
                    "--drop-state f/nobody: the checkpoint has no such state that the pipeline does not go on with")
            ])
    }

    @Test("a changed aggregate is refused with 65 and both forms, and begins anew with --drop-state")
    func changed() async throws {
        let windows = { (collector: DurableCollector<Row>, size: Int64) in
            [
                FlowDescription(
                    name: "f",
                    stages: [
                        BrokenRuns.source(4), .keyBy { (s: Sample) in s.key },
                        .aggregate(.time(TimeWindows(size: size, every: size)), Aggregate(.sum, .float)),
                        .to(collector),
                    ])
            ]
        }
        let collector = DurableCollector(Row.self)
        var runs = try BrokenRuns()
        collector.fail(at: 30, afterCheckpoint: true)
        try await runs.run(.init(crash: 30), windows(collector, 1_000_000_000))
        collector.fail(at: nil)
        let log = try await EmbeddedLog(directory: runs.folder.path)
        let plan = try PhysicalPlan(windows(collector, 2_000_000_000))
        var options = CheckpointOptions(name: "test")
        let run = PipelineRun(plan, options: RunOptions(checkpoints: options), log: log)
        let refusal = await #expect(throws: RestoreRefused.self) { try await run.run() }
        #expect(refusal?.category == .data)
        #expect(
            refusal?.summary
                == "the state of f/Aggregate: operator in the checkpoint is that of another stage: it was sum giving Row, "
                + "tumbling 1 s; now it is sum giving Row, tumbling 2 s")
        #expect(refusal?.hint?.hasSuffix("--drop-state \"f/Aggregate: operator\"") == true)
        options.dropping = ["f/Aggregate"]
        let again = PipelineRun(
            plan, options: RunOptions(topicDurability: .pageCache, checkpoints: options), log: log)
        try await again.run()
        #expect(again.progress.restoredCheckpoint != nil && again.progress.remarks.isEmpty)
    }

    @Test("an operator that was added begins with nothing, and does not change the order of what waits")
    func added() async throws {
        let whole = try await wholeRows()
        let broken = try await broken { flow($0, stage: "sum") }
        // Its name comes before all others, so that they would have other numbers as origins.
        let copying = StageDescription.operation(AnyOperator(Copying())).named("A")
        let more = FlowDescription(
            name: "f",
            stages: [
                BrokenRuns.source(4), StageDescription.operation(AnyOperator(Running())).named("sum"), copying,
                .to(broken.collector),
            ])
        #expect(try await broken.report([more]).lines.contains("new       f/A: operator     begins with nothing"))
        let progress = try await broken.run([more], parallelism: 2)
        #expect(progress.restoredCheckpoint != nil && progress.remarks.isEmpty)
        #expect(broken.collector.values == whole)
    }

    @Test("stages keep their numbers as origins, under new names too, and new ones come behind them")
    func origins() throws {
        let collector = DurableCollector(Int64.self)
        let plan = try PhysicalPlan(flow(collector, stage: "total", formerly: ["sum"]))
        func name(_ stage: String) -> StageName { StageName(flow: "f", stage: stage) }
        #expect(plan.origins == [name("From"): 0, name("total"): 1])
        #expect(plan.origins(continuing: [:]) == plan.origins)
        #expect(
            plan.origins(continuing: [name("sum"): 4, name("gone"): 7])
                == [name("total"): 4, name("gone"): 7, name("From"): 8])
    }

    @Test("the checkpoint of another pipeline is refused as that")
    func anotherPipeline() async throws {
        let broken = try await broken { flow($0, stage: "sum") }
        let other = FlowDescription(
            name: "g",
            stages: [
                .from(ScriptedSource(partitions: [[]])), .operation(AnyOperator(Running())), .to(broken.collector),
            ])
        let refusal = await #expect(throws: RestoreRefused.self) { try await broken.run([other]) }
        let summary = refusal?.summary ?? ""
        #expect(summary.hasPrefix("the checkpoint is that of another pipeline: it has f/From: source 0, and "))
        #expect(summary.hasSuffix(" more, and nothing that this one has"))
        #expect(refusal?.category == .configuration)
    }
}

/// Gives on what comes.
private struct Copying: Operator {
    func makeState() -> RunningSum { RunningSum() }

    func process(
        _ events: Events<Int64>, state: inout RunningSum, into output: inout Output<Int64>, context: OperatorContext
    ) {
        for event in events { output.append(event.value, time: event.time) }
    }

    func control(
        _ record: ControlRecord, state: inout RunningSum, into output: inout Output<Int64>, context: OperatorContext
    ) {}

    func finish(state: inout RunningSum, into output: inout Output<Int64>, context: OperatorContext) {}
}
