import PenstockEvents
import PenstockLog

@testable import PenstockEngine

/// Runs flows and gives the run, for what it counted.
@discardableResult
func run(
    _ flows: [FlowDescription], batch: Int = 4096, parallelism: Int = 1, log: (any LogStore)? = nil,
    reading: RunOptions.Reading = .live
) async throws -> PipelineRun {
    let plan = try await PhysicalPlan(flows, parallelism: parallelism, isReplay: reading != .live, log: log)
    let run = PipelineRun(
        plan, options: RunOptions(batchEvents: batch, reading: reading, topicDurability: .pageCache), log: log)
    try await run.run()
    return run
}

func makeRun(
    _ flows: [FlowDescription], batch: Int = 4096, parallelism: Int = 1, log: (any LogStore)? = nil,
    reading: RunOptions.Reading = .live
) throws -> PipelineRun {
    let plan = try PhysicalPlan(flows, parallelism: parallelism, isReplay: reading != .live)
    return PipelineRun(
        plan, options: RunOptions(batchEvents: batch, reading: reading, topicDurability: .pageCache), log: log)
}

extension PipelineRun {
    /// The counts of all operators together.
    var statistics: OperatorStatistics { progress.operators.values.reduce(OperatorStatistics(), +) }
}

extension Processor {
    /// What the processor gives out for an element.
    mutating func outputs(_ element: StreamElement) throws -> [StreamElement] {
        try accept(element)
        var outputs: [StreamElement] = []
        while let output = try next() { outputs.append(output) }
        return outputs
    }
}

extension Batch {
    /// A batch of samples with their times.
    init(
        _ events: [(time: Int64, sample: Sample)], origin: Origin = Origin(stage: 0, partition: 0),
        sequence: UInt64 = 0,
        behind: [BehindMark] = [], watermark: Int64 = .min
    ) {
        var builder = ColumnBuilder<Sample>(capacity: events.count)
        for event in events { builder.append(event.sample, time: event.time) }
        let (values, times, count) = builder.take(capacity: 1)
        self.init(
            origin: origin, baseSequence: sequence, rowCount: count, times: times, values: values, behind: behind,
            watermark: Timestamp(nanoseconds: watermark))
    }

    func values<Value>(_ type: Value.Type) -> [Value] { Events<Value>(self).map(\.value) }
}

extension StreamElement {
    var batch: Batch? { if case .batch(let batch) = self { batch } else { nil } }
    var watermark: Int64? { if case .watermark(let time) = self { time.nanoseconds } else { nil } }
    var control: ControlRecord? { if case .control(let record) = self { record } else { nil } }
    var isEnd: Bool { if case .end = self { true } else { false } }
}

let testStage = StageName(flow: "test", stage: "stage")
