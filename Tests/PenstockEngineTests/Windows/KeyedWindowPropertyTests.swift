import PenstockEvents
import Testing

@testable import PenstockEngine

/// Random partitions of out of order events, and windows over them.
struct WindowInput {
    let partitions: [[Step]]
    let windows: TimeWindows
    let bound: Int64?
    let function: Aggregate.Function
    let taken: Taken

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let every = Int64.random(in: 1...15, using: &random)
        windows = TimeWindows(
            size: random.once(in: 2) ? every : .random(in: 1...30, using: &random), every: every,
            offset: .random(in: -(every - 1)...(every - 1), using: &random))
        bound = random.once(in: 4) ? nil : .random(in: 0...8, using: &random)
        let marks = bound == nil || random.once(in: 3)
        partitions = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            var clock = Int64.random(in: -40...0, using: &random)
            return (0..<Int.random(in: 0...40, using: &random)).map { _ in
                clock += .random(in: 0...4, using: &random)
                if marks, random.once(in: 6) { return .mark(clock - .random(in: 0...6, using: &random)) }
                let sample = Sample(
                    key: .random(in: -2...4, using: &random), number: .random(in: -9...9, using: &random),
                    float: .random(in: -1...1, using: &random) * (random.once(in: 3) ? 1e9 : 1e-3))
                return .event(clock - .random(in: 0...12, using: &random), sample)
            }
        }
        (function, taken) =
            [
                (.count, .nothing), (.sum, .integer), (.sum, .float), (.mean, .integer), (.mean, .float),
                (.minimum, .integer),
                (.minimum, .float), (.maximum, .integer), (.maximum, .float),
            ].randomElement(using: &random) ?? (.count, .nothing)
    }
}

@Suite("Keyed windows")
struct KeyedWindowPropertyTests {
    private static let batches = [1, 7, 4096]
    private static let parallelisms = [1, 2, 4]

    @Test(
        "tumbling and sliding windows with offsets give the rows of the definition, however they are read",
        arguments: 0..<8)
    func timeWindows(part: UInt64) throws {
        for seed in part * 250..<(part + 1) * 250 {
            let input = WindowInput(seed: seed)
            let reference = WindowReference(
                input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
            var random = SeededGenerator(seed: seed &+ 1_000_000)
            for _ in 0..<2 {
                let batch = Self.batches.randomElement(using: &random) ?? 1
                let parallelism = Self.parallelisms.randomElement(using: &random) ?? 1
                var harness = KeyedHarness(
                    .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                    Aggregate(input.function, input.taken), batch: batch, parallelism: parallelism,
                    spacing: [1, 2, 10_000].randomElement(using: &random) ?? 1, seed: random.next())
                let (rows, statistics) = try harness.run(input.partitions)
                #expect(rows == reference.rows, "seed \(seed), batch \(batch), parallelism \(parallelism)")
                #expect(statistics == reference.statistics, "seed \(seed), batch \(batch), parallelism \(parallelism)")
            }
        }
    }

    @Test("text keys give the same rows as integers, in the order of their bytes")
    func textKeys() throws {
        for seed in UInt64(0)..<300 {
            let input = WindowInput(seed: seed)
            let reference = WindowReference(
                input.windows, bound: input.bound, partitions: input.partitions, input.function, input.taken)
            let expected = reference.rows.map { row in
                var row = row
                row.key = "sensor-number-\(row.key)"
                return row
            }.sorted { a, b in a.end != b.end ? a.end < b.end : a.key.utf8.lexicographicallyPrecedes(b.key.utf8) }
            var random = SeededGenerator(seed: seed)
            let batch = Self.batches.randomElement(using: &random) ?? 1
            let parallelism = Self.parallelisms.randomElement(using: &random) ?? 1
            var harness = KeyedHarness(
                .time(input.windows), disorder: Disorder(boundNanoseconds: input.bound),
                Aggregate(input.function, input.taken, keyedByText: true), keyedByText: true, batch: batch,
                parallelism: parallelism, spacing: 1, seed: seed)
            let (rows, statistics) = try harness.run(input.partitions)
            #expect(rows == expected, "seed \(seed), batch \(batch), parallelism \(parallelism)")
            #expect(statistics == reference.statistics, "seed \(seed)")
        }
    }

    @Test("count windows give the same rows in the same order, however they are read")
    func countWindows() throws {
        for seed in UInt64(0)..<500 {
            let input = WindowInput(seed: seed)
            var random = SeededGenerator(seed: seed)
            let windows = CountWindows(
                size: .random(in: 1...5, using: &random), every: .random(in: 1...5, using: &random))
            let expected = countRows(input, windows)
            for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4), (7, 1)] {
                var harness = KeyedHarness(
                    .count(windows), disorder: Disorder(boundNanoseconds: input.bound), Aggregate(.sum, .float),
                    batch: batch,
                    parallelism: parallelism, spacing: batch == 1 ? 1 : 3, seed: random.next())
                let rows = try harness.run(input.partitions).rows
                #expect(rows == expected, "seed \(seed), batch \(batch), parallelism \(parallelism)")
            }
        }
    }

    /// Section 4: a row after each k events of a key over its last min(n, seen), in canonical order; then what is left of each key.
    private func countRows(_ input: WindowInput, _ windows: CountWindows) -> [Row] {
        let events = canonicalOrder(input)
        var rows: [(time: Int64, row: Row)] = []
        var rests: [(time: Int64, row: Row)] = []
        for key in Set(events.map(\.sample.key)) {
            let own = events.filter { $0.sample.key == key }
            func row(_ range: Range<Int>, isComplete: Bool) -> (Int64, Row) {
                let sum = own[range].dropFirst().reduce(own[range.lowerBound].sample.float) { $0 + $1.sample.float }
                let last = own[range.upperBound - 1].time
                let row = Row(
                    key: "\(key)", start: own[range.lowerBound].time, end: last + 1, bits: sum.bitPattern,
                    isComplete: isComplete)
                return (last, row)
            }
            for end in stride(from: windows.every, through: own.count, by: windows.every) {
                rows.append(row(max(0, end - windows.size)..<end, isComplete: true))
            }
            let fresh = own.count % windows.every
            guard fresh > 0 else { continue }
            let kept = windows.size == windows.every ? fresh : min(windows.size, own.count)
            rests.append(row(own.count - kept..<own.count, isComplete: false))
        }
        func order(_ a: (time: Int64, row: Row), _ b: (time: Int64, row: Row)) -> Bool {
            a.time != b.time ? a.time < b.time : (Int64(a.row.key) ?? 0) < (Int64(b.row.key) ?? 0)
        }
        return (stableSorted(rows, order) + stableSorted(rests, order)).map(\.row)
    }

    private func stableSorted<Element>(_ elements: [Element], _ precedes: (Element, Element) -> Bool) -> [Element] {
        elements.enumerated().sorted { a, b in
            precedes(a.element, b.element) || (!precedes(b.element, a.element) && a.offset < b.offset)
        }.map(\.element)
    }

    /// Section 1: by (effective time, origin, sequence).
    private func canonicalOrder(_ input: WindowInput) -> [(time: Int64, sample: Sample)] {
        var events: [(time: Int64, partition: Int, sequence: Int, sample: Sample)] = []
        for (partition, steps) in input.partitions.enumerated() {
            var latest: Int64?
            var mark = Int64.min
            for (sequence, step) in steps.enumerated() {
                switch step {
                case .mark(let time): mark = max(mark, time)
                case .event(let time, let sample):
                    var watermark = mark
                    if let latest, let bound = input.bound { watermark = max(latest - bound - 1, mark) }
                    latest = max(latest ?? time, time)
                    let effective = watermark == .min ? time : max(time, watermark + 1)
                    events.append((effective, partition, sequence, sample))
                case .control: break
                }
            }
        }
        return events.sorted { ($0.time, $0.partition, $0.sequence) < ($1.time, $1.partition, $1.sequence) }
            .map { ($0.time, $0.sample) }
    }
}
