import PenstockEvents
import Testing

@testable import PenstockEngine

/// Aggregators against what sorting and counting all events gives; events are shared out and merged at random.
@Suite("Aggregators")
struct AggregatorTests {
    private struct Placed {
        let sample: Sample
        let place: EventPlace
    }

    private func events(_ random: inout SeededGenerator) -> [Placed] {
        (0..<Int.random(in: 1...30, using: &random)).map { k in
            let time = Int64.random(in: 0...9, using: &random)
            let sample = Sample(
                key: .random(in: 0...3, using: &random), number: .random(in: -4...4, using: &random),
                float: random.once(in: 20) ? .nan : .random(in: -1000...1000, using: &random))
            return Placed(
                sample: sample,
                place: EventPlace(
                    nanoseconds: time, effectiveNanoseconds: time,
                    origin: Origin(stage: 0, partition: .random(in: 0...2, using: &random)), sequence: UInt64(k)))
        }
    }

    /// The result after a random order and a random tree.
    private func result<A: Aggregator<Sample, R>, R>(
        _ aggregator: A, _ events: [Placed], _ random: inout SeededGenerator
    ) throws -> R {
        var parts = (0..<4).map { _ in aggregator.makeState() }
        for event in events.shuffled(using: &random) {
            try aggregator.add(event.sample, at: event.place, to: &parts[Int.random(in: 0..<4, using: &random)])
        }
        while parts.count > 1 {
            let later = parts.remove(at: Int.random(in: 0..<parts.count, using: &random))
            try aggregator.merge(later, into: &parts[Int.random(in: 0..<parts.count, using: &random)])
        }
        return try aggregator.result(of: parts[0], in: WindowSpan(0, 10))
    }

    @Test("extremes, tops, edges, sets and lists are those of the sorted events, for any order and tree")
    func orderFree() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededGenerator(seed: seed)
            let events = events(&random)
            let inOrder = events.sorted { $0.place < $1.place }
            let numbers = inOrder.map(\.sample.number)
            let (most, least) = (numbers.max() ?? 0, numbers.min() ?? 0)
            func extreme(_ smallest: Bool, _ allTies: Bool) throws -> [Sample] {
                try result(
                    ExtremeEvents({ (s: Sample) in s.number }, smallest: smallest, allTies: allTies), events, &random)
            }
            func same(_ a: [Sample], _ b: [Placed]) -> Bool {
                a.map { [$0.key, $0.number, Int64(bitPattern: $0.float.bitPattern)] }
                    == b.map { [$0.sample.key, $0.sample.number, Int64(bitPattern: $0.sample.float.bitPattern)] }
            }
            let largest = inOrder.filter { $0.sample.number == most }
            #expect(same(try extreme(false, true), largest), "seed \(seed)")
            #expect(same(try extreme(false, false), Array(largest.prefix(1))), "seed \(seed)")
            #expect(same(try extreme(true, true), inOrder.filter { $0.sample.number == least }), "seed \(seed)")
            let count = Int.random(in: 1...6, using: &random)
            let byNumber = inOrder.enumerated().sorted {
                ($1.element.sample.number, $0.offset) < ($0.element.sample.number, $1.offset)
            }.map(\.element)
            let top = try result(TopEvents(count) { (s: Sample) in s.number }, events, &random)
            #expect(same(top, Array(byNumber.prefix(count))), "seed \(seed)")
            for isLast in [false, true] {
                let edge = try result(EdgeEvent<Sample>(isLast: isLast), events, &random)
                #expect(same([edge], isLast ? inOrder.suffix(1) : Array(inOrder.prefix(1))), "seed \(seed)")
            }
            let all = try result(WindowEvents<Sample, [Sample]> { _, events in events }, events, &random)
            #expect(same(all, inOrder), "seed \(seed)")
            let distinct = try result(DistinctValues { (s: Sample) in s.number }, events, &random)
            #expect(distinct == Set(numbers).sorted(), "seed \(seed)")
        }
    }

    @Test("a score that is NaN is the largest and the smallest")
    func notANumber() throws {
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(seed: seed)
            let events = events(&random)
            let hasNaN = events.contains { $0.sample.float.isNaN }
            for smallest in [false, true] {
                let found = try result(
                    ExtremeEvents({ (s: Sample) in s.float }, smallest: smallest, allTies: true), events, &random)
                #expect(found.contains { $0.float.isNaN } == hasNaN, "seed \(seed)")
                #expect(found.allSatisfy { $0.float.isNaN } == hasNaN, "seed \(seed)")
            }
            let top = try result(TopEvents(1) { (s: Sample) in s.float }, events, &random)
            #expect(top[0].float.isNaN == hasNaN, "seed \(seed)")
        }
    }

    @Test("quantiles are within the stated error of the exact ones, and the same for any order and tree")
    func quantiles() throws {
        let shares = [0, 0.1, 0.5, 0.9, 1]
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(seed: seed)
            let numbers = (0..<Int.random(in: 1...200, using: &random)).map { _ in
                random.once(in: 10) ? 0 : Double.random(in: -1...1, using: &random) * (random.once(in: 2) ? 1e-9 : 1e9)
            }
            let error = [1e-3, 0.01, 0.2].randomElement(using: &random) ?? 0.01
            var whole = QuantileSketch(relativeError: error)
            for number in numbers { whole.add(number) }
            var parts = (0..<3).map { _ in QuantileSketch(relativeError: error) }
            for number in numbers.shuffled(using: &random) { parts[Int.random(in: 0..<3, using: &random)].add(number) }
            parts[2].merge(parts[0])
            parts[2].merge(parts[1])
            let sorted = numbers.sorted()
            for share in shares {
                let exact = sorted[Int(share * Double(numbers.count - 1))]
                let found = whole.quantile(share)
                #expect(abs(found - exact) <= error * abs(exact) * (1 + 1e-9), "seed \(seed), share \(share)")
                #expect(found.bitPattern == parts[2].quantile(share).bitPattern, "seed \(seed), share \(share)")
            }
        }
    }

    @Test("quantiles know infinities and NaN")
    func quantilesOfSpecialNumbers() {
        var sketch = QuantileSketch(relativeError: 0.01)
        #expect(sketch.quantile(0.5).isNaN)
        for number in [-Double.infinity, 0, .leastNonzeroMagnitude, .infinity] { sketch.add(number) }
        #expect([0, 0.4, 0.7, 1].map { sketch.quantile($0) } == [-.infinity, 0, 0, .infinity])
        sketch.add(.nan)
        #expect(sketch.quantile(0.5).isNaN)
    }

    @Test("moments of numbers far from zero agree with a second pass over the differences from the mean")
    func moments() {
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(seed: seed)
            let numbers = (0..<Int.random(in: 2...100, using: &random)).map { _ in
                1e9 + Double.random(in: -1...1, using: &random)
            }
            // Exact differences: 1e9 has bits to spare for them.
            let offsets = numbers.map { $0 - 1e9 }
            let mean = offsets.reduce(0, +) / Double(numbers.count)
            let squares = offsets.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
            let cut = Int.random(in: 1..<numbers.count, using: &random)
            func fold(_ part: ArraySlice<Double>) -> FloatMoments {
                var moments = FloatMoments(part[part.startIndex])
                for number in part.dropFirst() { _ = moments.add(number) }
                return moments
            }
            var merged = fold(numbers[..<cut])
            _ = merged.merge(fold(numbers[cut...]))
            for result in [fold(numbers[...]).result, merged.result] {
                #expect(result.count == Int64(numbers.count))
                #expect(abs(result.float - 1e9 - mean) < 1e-6, "seed \(seed)")
                #expect(abs(result.squares - squares) < 1e-4, "seed \(seed)")
            }
        }
    }

    @Test("slots are used again, and states that are freed let go of what they hold")
    func slots() throws {
        final class Token: Sendable {}
        struct Holding: Aggregator {
            func makeState() -> [Token] { [] }
            func add(_ value: Token, at place: EventPlace, to state: inout [Token]) { state.append(value) }
            func merge(_ later: [Token], into state: inout [Token]) { state += later }
            func result(of state: [Token], in window: WindowSpan) -> Int { state.count }
        }
        weak var token: Token?
        let store = AggregateStore(AggregateKernel(Holding(), name: "holding"))
        let kept = store.allocate()
        do {
            var builder = ColumnBuilder<Token>(capacity: 1)
            let made = Token()
            token = made
            builder.append(made, time: 0)
            let (values, times, count) = builder.take(capacity: 1)
            let batch = Batch(
                origin: Origin(stage: 0, partition: 0), baseSequence: 0, rowCount: count, times: times, values: values,
                watermark: .distantPast)
            for _ in 0..<100 { _ = store.allocate() }
            try store.fold(batch, rows: batch.rows, into: kept, testStage)
        }
        #expect(token != nil)
        store.free(kept)
        #expect(token == nil)
        #expect(store.allocate() == kept)
        #expect(store.count == 101)
    }
}
