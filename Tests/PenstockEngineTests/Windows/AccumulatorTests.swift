import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Aggregates")
struct AccumulatorTests {
    private func rows(_ function: Aggregate.Function, _ taken: Taken, _ samples: [Sample], size: Int64 = 10)
        async throws -> [Row]
    {
        let collector = Collector(Row.self)
        let steps = samples.enumerated().map { Step.event(Int64($0), $1) }
        let flow = FlowDescription(
            name: "numbers",
            stages: [
                .from(ScriptedSource(partitions: [steps])), .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: size, every: size)), Aggregate(function, taken)).named("total"),
                .to(collector),
            ])
        try await run([flow])
        return collector.values
    }

    @Test("-0.0 is below 0.0, whichever comes first", arguments: [[0.0, -0.0], [-0.0, 0.0]])
    func signedZeros(numbers: [Double]) async throws {
        let samples = numbers.map { Sample(float: $0) }
        #expect(try await rows(.minimum, .float, samples).map(\.bits) == [(-0.0).bitPattern])
        #expect(try await rows(.maximum, .float, samples).map(\.bits) == [(0.0).bitPattern])
    }

    @Test("NaN wins over every number, wherever it stands", arguments: [0, 1, 2])
    func notANumber(place: Int) async throws {
        var samples = [Sample(float: -.infinity), Sample(float: .infinity)]
        samples.insert(Sample(float: .nan), at: place)
        #expect(try await rows(.minimum, .float, samples).allSatisfy(\.float.isNaN))
        #expect(try await rows(.maximum, .float, samples).allSatisfy(\.float.isNaN))
    }

    @Test("a sum of negative zeros stays a negative zero")
    func negativeZeroSum() async throws {
        #expect(
            try await rows(.sum, .float, [Sample(float: -0.0), Sample(float: -0.0)]).map(\.bits) == [(-0.0).bitPattern])
    }

    @Test(
        "the largest integers are summed, and one more names the stage and the window",
        arguments: [Aggregate.Function.sum, .mean])
    func overflow(function: Aggregate.Function) async throws {
        #expect(try await rows(function, .integer, [Sample(number: .max), Sample(number: 0)]).map(\.integer) == [.max])
        let error = await #expect(throws: EngineError.self) {
            _ = try await rows(function, .integer, [Sample(number: .max), Sample(number: 1)])
        }
        #expect(error?.summary.contains("numbers/total") == true)
        #expect(error?.summary.contains("[0, 10) ns") == true)
        #expect(error?.category == .data)
    }

    @Test("an overflow where slices meet names the window")
    func overflowOfSlices() throws {
        var windows = KeyedTimeWindows<IntegerSum>(
            stage: testStage, windows: TimeWindows(size: 4, every: 2), aggregate: Aggregate(.sum, .integer),
            origin: Origin(stage: 1, partition: 0), batchEvents: 10)
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        let batch = Batch([(1, Sample(number: .max)), (3, Sample(number: 1))])
        for keyed in try key.outputs(.batch(batch)) { _ = try windows.outputs(keyed) }
        let error = #expect(throws: EngineError.self) { _ = try windows.outputs(.end) }
        #expect(error?.summary.contains("[0, 4) ns") == true)
    }

    @Test("a count window that overflows names its span")
    func countOverflow() throws {
        var windows = KeyedCountWindows<IntegerSum>(
            stage: testStage, windows: CountWindows(size: 2, every: 2), aggregate: Aggregate(.sum, .integer),
            origin: Origin(stage: 1, partition: 0), batchEvents: 10)
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        let batch = Batch([(1, Sample(number: .min)), (3, Sample(number: -1))])
        for keyed in try key.outputs(.batch(batch)) { _ = try windows.outputs(keyed) }
        let error = #expect(throws: EngineError.self) { _ = try windows.outputs(.end) }
        #expect(error?.summary.contains("[1, 4) ns") == true)
    }
}
