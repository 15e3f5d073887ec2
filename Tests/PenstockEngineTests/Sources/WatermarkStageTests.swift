import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Watermark stage")
struct WatermarkStageTests {
    private func watermark(_ bound: Int64?) -> StageDescription {
        StageDescription(.watermark(Disorder(boundNanoseconds: bound)), label: "Watermark")
    }

    private let key = StageDescription.keyBy { (s: Sample) in s.key }
    private let sum = StageDescription.aggregate(.time(TimeWindows(size: 10, every: 10)), Aggregate(.mean, .integer))

    @Test(
        "the clocks of partitions run over what is left of their events, whatever is read at a time", arguments: 0..<60)
    func overWhatIsLeft(seed: UInt64) async throws {
        let input = WindowInput(seed: seed)
        let reference = WindowReference(
            input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
        var random = SeededGenerator(seed: seed &+ 77)
        // Between the events there are others, far ahead of them, that a filter drops.
        let partitions = input.partitions.map { steps in
            steps.flatMap { step in
                random.once(in: 2)
                    ? [step] : [.event(Int64.random(in: 0...900, using: &random), Sample(number: 1000)), step]
            }
        }
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let collector = Collector(Row.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: partitions)), .filter { (s: Sample) in s.number < 1000 },
                    .map { (s: Sample) in s }, watermark(input.bound), key,
                    .aggregate(.time(input.windows), Aggregate(input.function, input.taken)), .to(collector),
                ])
            let run = try await run([flow], batch: batch, parallelism: parallelism)
            #expect(collector.values == reference.rows, "seed \(seed), batch \(batch), parallelism \(parallelism)")
            #expect(run.statistics == reference.statistics, "seed \(seed), batch \(batch), parallelism \(parallelism)")
        }
    }

    @Test("a watermark stands behind a source and stages that take events one by one, and nowhere else")
    func places() throws {
        let source = StageDescription.from(ScriptedSource(partitions: [[]]))
        let sink = StageDescription.to(Collector(Sample.self))
        let rows = StageDescription.to(Collector(Row.self))
        let shared = FlowDescription(name: "shared", stages: [source])
        let merge = StageDescription(
            .inputs([FlowDescription(name: "a", stages: [source]), FlowDescription(name: "b", stages: [source])]),
            label: "Merge")
        let wrong: [(String, [FlowDescription])] = [
            ("KeyBy", [FlowDescription(name: "f", stages: [source, key, watermark(2), sum, rows])]),
            ("KeyBy", [FlowDescription(name: "f", stages: [source, key, sum, watermark(2), rows])]),
            ("several inputs", [FlowDescription(name: "f", stages: [merge, watermark(2), sink])]),
            ("one already", [FlowDescription(name: "f", stages: [source, watermark(2), watermark(1), sink])]),
            (
                "others go on from",
                [
                    shared, FlowDescription(name: "f", stages: [.flow(shared), watermark(2), sink]),
                    FlowDescription(name: "g", stages: [.flow(shared), sink]),
                ]
            ),
        ]
        for (reason, flows) in wrong {
            let error = #expect(throws: EngineError.self) { _ = try PhysicalPlan(flows) }
            #expect(error?.summary.contains(reason) == true, "\(reason): \(error?.summary ?? "")")
            #expect(error?.hint?.contains("From(…), Map and Filter") == true)
        }
        #expect(throws: EngineError.self) {
            _ = try PhysicalPlan([FlowDescription(name: "f", stages: [source, watermark(-1), sink])])
        }
    }

    @Test("explain shows the watermark where it stands, and no other disorder of its source")
    func explained() throws {
        let flow = FlowDescription(
            name: "f",
            stages: [
                .from(ScriptedSource(partitions: [[], []])), .filter { (_: Sample) in true }, watermark(2_000_000_000),
                .map { (s: Sample) in s }, .to(Collector(Sample.self)),
            ])
        let lines = try PhysicalPlan([flow]).text.split(separator: "\n").prefix(5).map(String.init)
        #expect(
            lines == [
                "stage 0", "    f/From: reads script as Sample, 2 partitions", "    f/Filter: some of the events",
                "    f/Watermark: watermark of what is left, out of order by at most 2.0 s",
                "    f/Map: one Sample for each event",
            ])
    }
}
