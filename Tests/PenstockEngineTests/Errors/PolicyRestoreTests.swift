import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Error policies and checkpoints")
struct PolicyRestoreTests {
    private static let letters = SideOutputName("letters", of: DeadLetter.self)

    private func flows<Value>(
        _ seed: UInt64, _ rows: DurableCollector<Value>, _ letters: DurableCollector<DeadLetter>,
        _ stages: [StageDescription]
    ) -> [FlowDescription] {
        var failing = stages
        failing[failing.count - 1] = failing[failing.count - 1].onError(.deadLetter(Self.letters)).named("bad")
        return [
            FlowDescription(name: "f", stages: [BrokenRuns.source(seed)] + failing + [.to(rows)]),
            FlowDescription(name: "letters", stages: [.letters(Self.letters), .to(letters)]),
        ]
    }

    private func check<Value: Sendable & Equatable>(
        _ type: Value.Type, seed: UInt64, _ stages: [StageDescription]
    ) async throws {
        let (whole, wholeLetters) = (DurableCollector(Value.self), DurableCollector(DeadLetter.self))
        var unbroken = try BrokenRuns()
        let reference = try await unbroken.run(
            BrokenRuns.Attempt(batch: 4096), flows(seed, whole, wholeLetters, stages))
        let (rows, letters) = (DurableCollector(Value.self), DurableCollector(DeadLetter.self))
        var broken = try BrokenRuns()
        let last = try await broken.run(rows, BrokenRuns.attempts(whole.values.count, seed: seed)) {
            flows(seed, $0, letters, stages)
        }
        #expect(rows.values == whole.values && rows.times == whole.times, "seed \(seed)")
        #expect(letters.values == wholeLetters.values && letters.times == wholeLetters.times, "seed \(seed)")
        #expect(!letters.values.isEmpty && broken.restored.contains { $0 != nil })
        #expect(last.statistics.skippedEvents == reference.statistics.skippedEvents, "seed \(seed)")
        #expect(last.statistics.skippedEvents == letters.values.count)
    }

    @Test("what a run leaves out is the same where it was broken off and has gone on", arguments: [21, 22] as [UInt64])
    func restored(seed: UInt64) async throws {
        let byKey: StageDescription = .keyBy { (s: Sample) in s.key }
        let tumbling = KeyedWindow.time(TimeWindows(size: 100, every: 100))
        try await check(Sample.self, seed: seed, [.failingMap])
        try await check(TreeRow.self, seed: seed, [byKey, .failingTrees(tumbling)])
        let session = KeyedWindow.session(SessionWindows(gap: .fixed(30)))
        try await check(TreeRow.self, seed: seed, [byKey, .failingTrees(session)])
        try await check(String.self, seed: seed, [byKey, .operation(AnyOperator(FailingLedger()))])
    }

    @Test("sums that have overflowed stay so", arguments: [31, 32] as [UInt64])
    func overflow(seed: UInt64) async throws {
        let large: StageDescription = .map { (s: Sample) in
            Sample(key: s.key, number: s.key % 3 == 0 ? Int64.max - 100 + s.number % 100 : s.number)
        }
        let byKey: StageDescription = .keyBy { (s: Sample) in s.key }
        for window in [TimeWindows(size: 200, every: 200), TimeWindows(size: 150, every: 50)] {
            for aggregate in [Aggregate(.sum, .integer), Aggregate(.sum, .integer).throughStates] {
                try await check(Row.self, seed: seed, [large, byKey, .aggregate(.time(window), aggregate)])
            }
        }
        let global = KeyedWindow.global(GlobalWindows(.count(6), isPurging: true))
        try await check(Row.self, seed: seed, [large, byKey, .aggregate(global, Aggregate(.sum, .integer))])
    }
}
