import PenstockEvents
import Testing

@testable import PenstockEngine

/// Each stage that may go on behind a failing event, against the same stage that never sees that event: a filter before it has taken it out.
@Suite("Error policies: a stage that goes on is as if the event had not come")
struct ErrorPolicyTests {
    private static let letters = SideOutputName("letters", of: DeadLetter.self)
    private static let settings = [(1, 1), (1, 2), (7, 2), (7, 4), (4096, 1), (4096, 2)]

    private struct Outcome<Value: Sendable & Equatable>: Equatable {
        var rows: [Value]
        var times: [Int64]
        var letters: [DeadLetter] = []
        var letterTimes: [Int64] = []
        var skipped = 0
    }

    private func outcome<Value>(
        _ type: Value.Type, _ seed: UInt64, _ policy: ErrorPolicy, batch: Int, parallelism: Int, filtered: Bool = false,
        _ stages: [StageDescription]
    ) async throws -> Outcome<Value> {
        let (rows, letters) = (Collector(Value.self), Collector(DeadLetter.self))
        let source = ScriptedSource(partitions: BrokenRuns.partitions(seed), disorder: Disorder(boundNanoseconds: 20))
        let good: StageDescription = .filter { (s: Sample) in !filtered || !s.isBad }
        var all = [.from(source), good] + stages
        all[all.count - 1] = all[all.count - 1].onError(policy).named("bad")
        var flows = [FlowDescription(name: "f", stages: all + [.to(rows)])]
        if case .deadLetter(let side) = policy {
            flows.append(FlowDescription(name: "letters", stages: [.letters(side), .to(letters)]))
        }
        let run = try await run(flows, batch: batch, parallelism: parallelism)
        return Outcome(
            rows: rows.values, times: rows.times, letters: letters.values, letterTimes: letters.times,
            skipped: run.statistics.skippedEvents)
    }

    /// - Parameter bad: The numbers of the bad events, where each of them reaches the stage and is left out once.
    private func check<Value: Sendable & Equatable>(
        _ type: Value.Type, onceEach: Bool = true, isLikeFiltered: Bool = true, _ stages: [StageDescription]
    ) async throws {
        for seed in UInt64(1)...2 {
            let expected = try await outcome(
                type, seed, isLikeFiltered ? .fail : .skip, batch: 4096, parallelism: 1, filtered: isLikeFiltered,
                stages)
            #expect(!expected.rows.isEmpty)
            var first: Outcome<Value>?
            for (batch, parallelism) in Self.settings {
                let name = Comment("seed \(seed), batch \(batch), parallelism \(parallelism)")
                let skipped = try await outcome(type, seed, .skip, batch: batch, parallelism: parallelism, stages)
                #expect(skipped.rows == expected.rows && skipped.times == expected.times, name)
                #expect(skipped.skipped > 0, name)
                let lettered = try await outcome(
                    type, seed, .deadLetter(Self.letters), batch: batch, parallelism: parallelism, stages)
                #expect(lettered.rows == expected.rows && lettered.times == expected.times, name)
                #expect(lettered.skipped == skipped.skipped && lettered.letters.count == skipped.skipped, name)
                if let first { #expect(lettered == first, name) }
                first = first ?? lettered
            }
            try check(try #require(first).letters, seed, onceEach)
            let error = await #expect(throws: EngineError.self) {
                _ = try await outcome(type, seed, .fail, batch: 64, parallelism: 2, stages)
            }
            let summary = error?.summary ?? ""
            #expect(summary.contains("f/bad") && summary.contains("f/From"), "\(summary)")
        }
    }

    private func check(_ letters: [DeadLetter], _ seed: UInt64, _ onceEach: Bool) throws {
        var numbers: [Int64] = []
        for letter in letters {
            #expect(letter.stage == "f/bad" && letter.source == "f/From")
            #expect(letter.error == "the author's error" || letter.error.contains("nan, which cannot be one"))
            let sample = try #require(try letter.event(as: Sample.self))
            #expect(sample.isBad && letter.partition == Int(sample.number % 2))
            #expect(letter.number == sample.number / 2)
            #expect(try letter.event(as: Reading.self) == nil, "it is another type")
            numbers.append(sample.number)
        }
        guard onceEach else { return }
        let bad = BrokenRuns.partitions(seed).joined().compactMap { step -> Int64? in
            guard case .event(_, let sample) = step, sample.isBad else { return nil }
            return sample.number
        }
        #expect(numbers.sorted() == bad.sorted())
    }

    private static let byKey: StageDescription = .keyBy { (s: Sample) in s.key }
    private static func tumbling(_ size: Int64, _ every: Int64? = nil) -> KeyedWindow {
        .time(TimeWindows(size: size, every: every ?? size))
    }

    @Test("a function of Map that throws")
    func map() async throws { try await check(Sample.self, [.failingMap]) }

    @Test("a condition of Filter that throws")
    func filter() async throws { try await check(Sample.self, [.failingFilter]) }

    @Test("a key that is not a number")
    func key() async throws { try await check(Sample.self, [.failingKeyBy]) }

    @Test("an aggregate that throws when it has changed its state, in tumbling and sliding windows")
    func timeWindows() async throws {
        try await check(TreeRow.self, onceEach: false, [Self.byKey, .failingTrees(Self.tumbling(100))])
        try await check(TreeRow.self, onceEach: false, [Self.byKey, .failingTrees(Self.tumbling(60, 25))])
        try await check(TreeRow.self, onceEach: false, [.failingTrees(Self.tumbling(50), isKeyed: false)])
        let late = Emission(allowedLateness: 30)
        try await check(TreeRow.self, onceEach: false, [Self.byKey, .failingTrees(Self.tumbling(40), late)])
    }

    @Test("an aggregate that throws, in sessions")
    func sessions() async throws {
        let session = KeyedWindow.session(SessionWindows(gap: .fixed(40)))
        // Also an event that is left out holds a session together: its time and its key are as good as any.
        try await check(TreeRow.self, onceEach: false, isLikeFiltered: false, [Self.byKey, .failingTrees(session)])
    }

    @Test("an aggregate that throws, in count and global windows")
    func orderedWindows() async throws {
        let count = KeyedWindow.count(CountWindows(size: 4, every: 4))
        try await check(TreeRow.self, [Self.byKey, .failingTrees(count)])
        let global = KeyedWindow.global(GlobalWindows(.count(3), isPurging: false))
        try await check(TreeRow.self, [Self.byKey, .failingTrees(global)])
    }

    @Test("a process that throws when it has changed states and timers and put rows out")
    func process() async throws {
        try await check(String.self, [Self.byKey, .operation(AnyOperator(FailingLedger()))])
    }

    @Test("an operator that says for which event it failed")
    func operators() async throws { try await check(Int64.self, [.operation(AnyOperator(CarefulRunning()))]) }

    // MARK: Joins

    private static func sides(_ filtered: Bool) -> StageDescription {
        func side(_ name: String, _ seed: UInt64) -> FlowDescription {
            let source = ScriptedSource(
                partitions: BrokenRuns.partitions(seed, count: 120), disorder: Disorder(boundNanoseconds: 30))
            return FlowDescription(
                name: name,
                stages: [
                    .from(source), .filter { (s: Sample) in name == "right" || !filtered || !s.isBad }, byKey,
                ])
        }
        return StageDescription(.inputs([side("left", 5), side("right", 6)]), label: "Sides")
    }

    @Test("a join whose function throws for a pair", arguments: 0..<4)
    func joins(number: Int) async throws {
        let kernel = JoinKernel.failingPairs(.inner)
        let window = TimeWindows(size: 50, every: 50)
        let operation =
            switch number {
            case 0: AnyOperator(joining: window, kernel)
            case 1: AnyOperator(joining: .interval(lower: -10, upper: 15), allowedLateness: 5, kernel)
            case 2: AnyOperator(joining: .session(gap: 12), kernel)
            default: AnyOperator(joining: TimeWindows(size: 60, every: 20), allowedLateness: 10, kernel)
            }
        func outcome(_ policy: ErrorPolicy, _ filtered: Bool, _ batch: Int, _ parallelism: Int) async throws
            -> Outcome<JoinRow>
        {
            let (rows, letters) = (Collector(JoinRow.self), Collector(DeadLetter.self))
            var flows = [
                FlowDescription(
                    name: "f",
                    stages: [
                        Self.sides(filtered), .operation(operation).named("bad").onError(policy), .to(rows),
                    ])
            ]
            if case .deadLetter(let side) = policy {
                flows.append(FlowDescription(name: "letters", stages: [.letters(side), .to(letters)]))
            }
            let run = try await run(flows, batch: batch, parallelism: parallelism)
            return Outcome(
                rows: rows.values, times: rows.times, letters: letters.values, letterTimes: letters.times,
                skipped: run.statistics.skippedEvents)
        }
        // Without its bad events a session may fall apart, so there only the rows with bad events have to be missing.
        let expected = try await outcome(.fail, true, 4096, 1)
        var first: Outcome<JoinRow>?
        for (batch, parallelism) in Self.settings {
            let lettered = try await outcome(.deadLetter(Self.letters), false, batch, parallelism)
            if number != 2 { #expect(lettered.rows == expected.rows && lettered.times == expected.times) }
            #expect(lettered.rows.allSatisfy { $0.left % 10 != 7 })
            #expect(lettered.skipped > 0 && lettered.letters.count == lettered.skipped)
            if let first { #expect(lettered == first, "batch \(batch), parallelism \(parallelism)") }
            first = first ?? lettered
        }
        for letter in try #require(first).letters {
            let sample = try #require(try letter.event(as: Sample.self))
            #expect(sample.isBad && letter.key(as: Int64.self) == sample.key)
            #expect(letter.error == "the author's error" && letter.number == sample.number / 2)
        }
    }

    @Test("a broadcast whose function throws goes on with its state as it was")
    func broadcast() async throws {
        let latest = BroadcastKernel.latest
        let kernel = BroadcastKernel(
            data: latest.data, control: latest.control, state: latest.state, output: latest.output,
            makeState: latest.makeState
        ) { control, state in
            try latest.update(control, state)
            guard !control.assumingMemoryBound(to: Sample.self).pointee.isBad else { throw Failure() }
        } makeRow: {
            try latest.makeRow($0, $1, $2)
        }
        let steps = (Int64(0)..<40).map { Step.e($0 * 10) }
        let control = [1, 7, 8, 17, 19].map { Step.event($0 * 20 + 5, Sample(number: $0)) }
        let (rows, letters) = (Collector(JoinRow.self), Collector(DeadLetter.self))
        func side(_ name: String, _ steps: [Step]) -> FlowDescription {
            FlowDescription(
                name: name, stages: [.from(ScriptedSource(partitions: [steps])), .keyBy { (_: Sample) in 0 }])
        }
        try await run(
            [
                FlowDescription(
                    name: "f",
                    stages: [
                        StageDescription(.inputs([side("left", steps), side("right", control)]), label: "Sides"),
                        .operation(AnyOperator(broadcasting: kernel)).onError(.deadLetter(Self.letters)), .to(rows),
                    ]),
                FlowDescription(name: "letters", stages: [.letters(Self.letters), .to(letters)]),
            ], batch: 7)
        #expect(rows.values.count == 40 && rows.values.last?.right == 19 && rows.values.last?.rights == 3)
        #expect(letters.values.compactMap { try? $0.event(as: Sample.self)?.number } == [7, 17])
    }
}
