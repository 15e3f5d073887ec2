import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Error policies: an integer sum that overflows leaves out its row")
struct OverflowPolicyTests {
    private static let letters = SideOutputName("letters", of: DeadLetter.self)
    private let aggregate = Aggregate(.sum, .integer)

    /// Two partitions of small numbers; those of key 3 are so large that they overflow unless as many have either sign.
    private static let partitions: [[Step]] = (0..<2).map { partition in
        (0..<120).map { index in
            let key = Int64(index % 5)
            let number = key == 3 ? (index % 3 == 0 ? Int64.min : .max) : Int64(index)
            return .event(Int64(index * 4 + partition) - Int64(index % 3) * 5, Sample(key: key, number: number))
        }
    }

    private struct Outcome: Equatable {
        var rows: [Row]
        var letters: [DeadLetter]
        var times: [Int64]
        var skipped: Int
    }

    private func outcome(
        _ window: KeyedWindow, _ aggregate: Aggregate, byText: Bool = false, batch: Int, parallelism: Int
    ) async throws -> Outcome {
        let (rows, letters) = (Collector(Row.self), Collector(DeadLetter.self))
        let source = ScriptedSource(partitions: Self.partitions, disorder: Disorder(boundNanoseconds: 6))
        let key: StageDescription = byText ? .keyBy { (s: Sample) in s.name } : .keyBy { (s: Sample) in s.key }
        let run = try await run(
            [
                FlowDescription(
                    name: "f",
                    stages: [
                        .from(source), key,
                        .aggregate(window, aggregate).named("sum").onError(.deadLetter(Self.letters)), .to(rows),
                    ]),
                FlowDescription(name: "letters", stages: [.letters(Self.letters), .to(letters)]),
            ], batch: batch, parallelism: parallelism)
        return Outcome(
            rows: rows.values, letters: letters.values, times: letters.times, skipped: run.statistics.skippedEvents)
    }

    /// Rows and letters together are the rows that a sum of floating-point numbers, which does not overflow, has.
    private func check(_ window: KeyedWindow, _ aggregate: Aggregate? = nil, byText: Bool = false) async throws {
        let aggregate = aggregate ?? Aggregate(.sum, .integer, keyedByText: byText)
        let counted = Collector(Row.self)
        let source = ScriptedSource(partitions: Self.partitions, disorder: Disorder(boundNanoseconds: 6))
        try await run([
            FlowDescription(
                name: "f",
                stages: [
                    .from(source), .keyBy { (s: Sample) in s.key },
                    .aggregate(window, Aggregate(.count, .nothing, emission: aggregate.emission)), .to(counted),
                ])
        ])
        var first: Outcome?
        for (batch, parallelism) in [(1, 1), (1, 4), (7, 2), (4096, 1), (4096, 2)] {
            let outcome = try await outcome(window, aggregate, byText: byText, batch: batch, parallelism: parallelism)
            if let first { #expect(outcome == first, "batch \(batch), parallelism \(parallelism)") }
            first = first ?? outcome
        }
        let found = try #require(first)
        #expect(!found.letters.isEmpty && found.skipped == found.letters.count)
        let expected = counted.values.map { "\($0.key) \($0.start) \($0.end)" }
        let rows = found.rows.map { row in "\(row.key.split(separator: "-").last ?? "") \(row.start) \(row.end)" }
        let lettered = found.letters.map { letter in
            let key =
                byText
                ? letter.key(as: String.self)?.split(separator: "-").last.map(String.init)
                : letter.key(as: Int64.self).map { "\($0)" }
            return "\(key ?? "") \(letter.window?.start.nanoseconds ?? 0) \(letter.window?.end.nanoseconds ?? 0)"
        }
        #expect((rows + lettered).sorted() == expected.sorted())
        for letter in found.letters {
            #expect(letter.stage == "f/sum" && letter.error == "an integer sum overflowed" && letter.type.isEmpty)
            #expect(letter.source == "f/sum" && letter.number == nil)
        }
    }

    @Test("in tumbling and sliding windows, with keys of numbers and of text")
    func timeWindows() async throws {
        for window in [TimeWindows(size: 60, every: 60), TimeWindows(size: 60, every: 20)] {
            try await check(.time(window))
            try await check(.time(window), byText: true)
            try await check(.time(window), aggregate.throughStates)
        }
    }

    @Test("where windows give late rows")
    func lateness() async throws {
        try await check(
            .time(TimeWindows(size: 60, every: 60)),
            Aggregate(.sum, .integer, emission: Emission(allowedLateness: 20)))
    }

    @Test("in sessions, count windows and global ones")
    func others() async throws {
        try await check(.session(SessionWindows(gap: .fixed(30))))
        try await check(.count(CountWindows(size: 3, every: 3)))
        try await check(.count(CountWindows(size: 3, every: 2)))
        try await check(.global(GlobalWindows(.count(4), isPurging: true)))
    }

    @Test("by default the run ends and names the window")
    func failing() async throws {
        let source = ScriptedSource(partitions: Self.partitions, disorder: Disorder(boundNanoseconds: 6))
        let error = await #expect(throws: EngineError.self) {
            try await run([
                FlowDescription(
                    name: "f",
                    stages: [
                        .from(source), .keyBy { (s: Sample) in s.key },
                        .aggregate(.time(TimeWindows(size: 60, every: 60)), aggregate), .to(Collector(Row.self)),
                    ])
            ])
        }
        #expect(error?.summary.contains("f/Aggregate: an integer sum overflowed in the window [") == true)
        #expect(error?.hint?.contains(".onError(.skip)") == true)
    }
}
