import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Joins of random streams")
struct JoinPropertyTests {
    /// Both sides, out of order, some of it further than the bound; with time marks.
    private struct Input {
        var random: SeededGenerator
        let bounds: [Int64?]
        var sides: [[[Step]]] = [[], []]
        let lateness: Int64

        init(_ seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            bounds = [Int64.random(in: 0...12, using: &random), Int64.random(in: 0...12, using: &random)]
            lateness = random.once(in: 2) ? 0 : Int64.random(in: 1...15, using: &random)
            let keys = Int64.random(in: 1...3, using: &random)
            var number = Int64(0)
            for side in 0...1 {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    var time = Int64.random(in: -20...20, using: &random)
                    var steps: [Step] = []
                    for _ in 0..<Int.random(in: 0...25, using: &random) {
                        if random.once(in: 8) {
                            steps.append(.mark(time - Int64.random(in: 0...4, using: &random)))
                        }
                        time += Int64.random(in: 0...6, using: &random)
                        let at = time - Int64.random(in: 0...14, using: &random)
                        let key = Int64.random(in: 0..<keys, using: &random) - 1
                        steps.append(.event(at, Sample(key: key, number: number)))
                        number += 1
                    }
                    sides[side].append(steps)
                }
            }
            self.random = random
        }

        var reference: JoinReference { JoinReference(sides, bounds: bounds) }
    }

    /// Compares the rows of some runs, at least one with restores, with the expected ones.
    private func check(
        _ input: inout Input, _ operation: AnyOperator, _ rows: [JoinRow], late: Int? = nil, unmatched: Int? = nil,
        parallelisms: [Int] = [1, 2, 4], _ seed: UInt64, _ what: String
    ) throws {
        for turn in 0..<3 {
            let batch = [1, 7, 4096].randomElement(using: &input.random) ?? 1
            let parallelism = parallelisms.randomElement(using: &input.random) ?? 1
            var harness = JoinHarness(
                operation, disorder: input.bounds.map { Disorder(boundNanoseconds: $0) }, batch: batch,
                parallelism: parallelism, restores: turn == 0 ? 0 : 4,
                seed: input.random.next())
            harness.parallelisms = parallelisms
            let given = try harness.run(input.sides)
            try #require(
                given == rows, "seed \(seed), \(what), batch \(batch), parallelism \(parallelism), turn \(turn)")
            if let late { #expect(harness.statistics.lateEvents == late, "seed \(seed), \(what)") }
            if let unmatched { #expect(harness.statistics.outsideEvents == unmatched, "seed \(seed), \(what)") }
        }
    }

    private static let forms: [JoinKind?] = [.inner, .left, .right, .full, nil]

    private static func kernel(_ form: JoinKind?) -> JoinKernel { form.map { .pairs($0) } ?? .groups }

    @Test("a window join and coGroup give the pairs and groups of the definition", arguments: 0..<4)
    func windows(part: UInt64) throws {
        var total = 0
        for seed in part * 30..<(part + 1) * 30 {
            var input = Input(seed)
            let every = Int64.random(in: 1...12, using: &input.random)
            let size = input.random.once(in: 2) ? every : Int64.random(in: 1...25, using: &input.random)
            let windows = TimeWindows(
                size: size, every: every, offset: Int64.random(in: -(every - 1)...(every - 1), using: &input.random))
            for form in Self.forms {
                let (rows, late) = input.reference.windows(windows, form, lateness: input.lateness)
                total += rows.count
                try check(
                    &input, AnyOperator(joining: windows, allowedLateness: input.lateness, Self.kernel(form)), rows,
                    late: late, seed, "\(form?.rawValue ?? "groups") \(windows)")
            }
        }
        #expect(total > 1000)
    }

    @Test("a window join and coGroup over sessions give the pairs and groups of the definition", arguments: 0..<4)
    func sessions(part: UInt64) throws {
        var total = 0
        for seed in part * 30..<(part + 1) * 30 {
            var input = Input(seed)
            let gap = Int64.random(in: 1...8, using: &input.random)
            for form in Self.forms {
                let (rows, late) = input.reference.sessions(gap: gap, form, lateness: input.lateness)
                total += rows.count
                try check(
                    &input,
                    AnyOperator(joining: .session(gap: gap), allowedLateness: input.lateness, Self.kernel(form)), rows,
                    late: late, seed, "\(form?.rawValue ?? "groups"), gap \(gap)")
            }
        }
        #expect(total > 1000)
    }

    @Test(
        "an interval join, inner or outer, gives each pair once, and each event without a partner once",
        arguments: 0..<4)
    func intervals(part: UInt64) throws {
        var total = 0
        for seed in part * 30..<(part + 1) * 30 {
            var input = Input(seed)
            let lower = Int64.random(in: -12...12, using: &input.random)
            let upper = lower + Int64.random(in: 0...12, using: &input.random)
            for kind in [JoinKind.inner, .left, .right, .full] {
                let (rows, late) = input.reference.interval(lower, upper, kind, lateness: input.lateness)
                total += rows.count
                try check(
                    &input,
                    AnyOperator(
                        joining: .interval(lower: lower, upper: upper), allowedLateness: input.lateness, .pairs(kind)),
                    rows, late: late, seed, "\(kind), \(lower)...\(upper)")
            }
        }
        #expect(total > 1000)
    }

    @Test("an as-of join and a stream-table join find the event in effect, in any direction", arguments: 0..<4)
    func asOf(part: UInt64) throws {
        var total = 0
        for seed in part * 30..<(part + 1) * 30 {
            var input = Input(seed)
            for direction in [TimedJoinRule.AsOf.Direction.backward, .forward, .nearest] {
                let isFree = direction == .backward && input.random.once(in: 2)
                var rule = TimedJoinRule.AsOf(
                    direction, isStrict: input.random.once(in: 3),
                    tolerance: isFree ? nil : Int64.random(in: 0...10, using: &input.random))
                let kind = input.random.once(in: 2) ? JoinKind.left : .inner
                let deletes = input.random.once(in: 2)
                if deletes {
                    rule.endsValue = { $0.assumingMemoryBound(to: Sample.self).pointee.number % 3 == 0 }
                }
                let (rows, late, unmatched) = input.reference.asOf(rule, kind, lateness: input.lateness) {
                    deletes && $0 % 3 == 0
                }
                total += rows.count
                try check(
                    &input, AnyOperator(joining: .asOf(rule), allowedLateness: input.lateness, .pairs(kind)), rows,
                    late: late, unmatched: unmatched, seed, "\(rule), \(kind)")
            }
        }
        #expect(total > 1000)
    }

    @Test("broadcast state shows each event what the control stream has said up to its time", arguments: 0..<4)
    func broadcast(part: UInt64) throws {
        for seed in part * 100..<(part + 1) * 100 {
            var input = Input(seed)
            // One key for all, as the language makes it.
            input.sides = input.sides.map { side in
                side.map { steps in
                    steps.map { step in
                        if case .event(let time, let sample) = step {
                            .event(time, Sample(key: 0, number: sample.number))
                        } else {
                            step
                        }
                    }
                }
            }
            try check(
                &input, AnyOperator(broadcasting: .latest), input.reference.broadcast(), parallelisms: [1], seed,
                "broadcast")
        }
    }

    @Test("text keys give the same rows as integers, in the order of their bytes")
    func textKeys() throws {
        for seed in UInt64(0)..<50 {
            var input = Input(seed)
            let operations = [
                AnyOperator(joining: TimeWindows(size: 10, every: 4), .pairs(.full)),
                AnyOperator(joining: .interval(lower: -3, upper: 5), .pairs(.full)),
                AnyOperator(joining: .asOf(.init()), .pairs(.left)),
            ]
            for operation in operations {
                func rows(_ keyedByText: Bool, _ parallelism: Int) throws -> [JoinRow] {
                    var harness = JoinHarness(
                        operation, disorder: input.bounds.map { Disorder(boundNanoseconds: $0) }, batch: 7,
                        parallelism: parallelism, restores: parallelism == 1 ? 0 : 3, keyedByText: keyedByText,
                        seed: seed)
                    return try harness.run(input.sides)
                }
                // Keys are -1, 0 and 1, whose texts have the same order.
                let expected = try rows(false, 1)
                #expect(try rows(true, 1) == expected, "seed \(seed)")
                #expect(try rows(true, 2) == expected, "seed \(seed)")
            }
            _ = input.random.next()
        }
    }
}
