import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Ordered merge")
struct OrderedMergeTests {
    /// How the rows of a trial have keys.
    enum Keys: CaseIterable, Sendable { case none, numbers, text }

    /// A row as it was sent: what decides about its place, and its number among all.
    private struct Sent {
        let effectiveTime: Int64
        let origin: Origin
        let time: Int64
        let key: [UInt8]
        let number: Int64

        /// The order by its definition; rows that are equal stay in the order in which they came.
        func precedes(_ other: Sent) -> Bool {
            if effectiveTime != other.effectiveTime { return effectiveTime < other.effectiveTime }
            if origin != other.origin { return origin < other.origin }
            // Without keys the sequence is that of coming.
            if key.isEmpty { return false }
            if time != other.time { return time < other.time }
            return key.lexicographicallyPrecedes(other.key)
        }
    }

    private struct Trial {
        var elements: [StreamElement] = []
        var sent: [Sent] = []
    }

    /// Batches of several origins with disorder, gaps, equal times and marks, and watermarks between them.
    private func trial(_ keys: Keys, _ random: inout SeededGenerator) throws -> Trial {
        var trial = Trial()
        var key: (any Processor)? =
            switch keys {
            case .none: nil
            case .numbers: KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
            case .text: KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.name })
            }
        var watermark: Int64 = -10
        for _ in 0..<Int.random(in: 1...30, using: &random) {
            let origin = Origin(
                stage: .random(in: 0...2, using: &random), partition: .random(in: 0...1, using: &random))
            let isAscending = random.once(in: 2)
            var time = watermark + 1
            var marks: [BehindMark] = []
            let events = (0..<Int.random(in: 1...12, using: &random)).map { row in
                time =
                    isAscending
                    ? time + .random(in: 0...3, using: &random) : watermark + .random(in: 1...20, using: &random)
                var own = time
                if random.once(in: 8) {
                    own -= 25
                    marks.append(BehindMark(row: UInt32(row), watermark: Timestamp(nanoseconds: time - 1)))
                }
                return (own, Sample(key: .random(in: -3...12, using: &random), number: Int64(trial.sent.count + row)))
            }
            var batch = Batch(
                events, origin: origin, sequence: UInt64(trial.elements.count * 100), behind: marks,
                watermark: watermark)
            if random.once(in: 3) {
                let rows = events.indices.filter { _ in random.once(in: 2) }
                batch.selection = Selection(rows: rows.map { UInt32($0) })
            }
            var element = StreamElement.batch(batch)
            if let keyed = try key?.outputs(.batch(batch)).first?.batch {
                batch.placeKeys = keyed.keys
                element = .batch(batch)
            }
            batch.forEachMarkedRow { row, mark in
                let sample = events[row].1
                let bytes: [UInt8] =
                    switch keys {
                    case .none: []
                    case .numbers: sample.key.withCanonicalBytes { Array($0) }
                    case .text: Array(sample.name.utf8)
                    }
                trial.sent.append(
                    Sent(
                        effectiveTime: batch.effectiveTime(row, mark), origin: origin, time: events[row].0, key: bytes,
                        number: sample.number))
            }
            trial.elements.append(element)
            guard random.once(in: 3) else { continue }
            watermark += .random(in: 0...8, using: &random)
            trial.elements.append(.watermark(Timestamp(nanoseconds: watermark)))
        }
        return trial
    }

    @Test("rows come in canonical order, each once its time has come, also over a restart", arguments: Keys.allCases)
    func order(keys: Keys) throws {
        for seed in UInt64(0)..<400 {
            var random = SeededGenerator(seed: seed)
            let trial = try trial(keys, &random)
            let limit = Int.random(in: 1...9, using: &random)
            var merge = OrderedMerge(batchEvents: limit, of: ValueType(Sample.self))
            var numbers: [Int64] = []
            var effective: [Int64] = []
            var marked: [Int64] = []
            for element in trial.elements + [.end] {
                if random.once(in: 6) {
                    var state = StateWriter()
                    try merge.snapshot(into: &state)
                    merge = OrderedMerge(batchEvents: limit, of: ValueType(Sample.self))
                    try merge.restore(state.chunks)
                }
                var forwarded: Int64?
                for output in try merge.outputs(element) {
                    #expect(forwarded == nil || output.batch == nil, "seed \(seed): rows behind their watermark")
                    forwarded = output.watermark ?? forwarded
                    guard let batch = output.batch else { continue }
                    #expect(batch.count <= limit, "seed \(seed)")
                    numbers += batch.values(Sample.self).map(\.number)
                    batch.forEachMarkedRow { row, mark in
                        effective.append(batch.effectiveTime(row, mark))
                        if mark != nil { marked.append(batch.values(Sample.self)[row].number) }
                    }
                }
                if let reached = forwarded {
                    let due = trial.sent.count { $0.effectiveTime <= reached && numbers.contains($0.number) }
                    #expect(due == numbers.count, "seed \(seed): a row came before its time")
                }
            }
            var expected: [Sent] = []
            // An insertion sort: slow, and obviously keeps equal rows as they are.
            for row in trial.sent {
                expected.insert(row, at: expected.lastIndex { !row.precedes($0) }.map { $0 + 1 } ?? 0)
            }
            #expect(numbers == expected.map(\.number), "seed \(seed)")
            #expect(effective == expected.map(\.effectiveTime), "seed \(seed)")
            #expect(marked == expected.filter { $0.effectiveTime != $0.time }.map(\.number), "seed \(seed)")
        }
    }

    @Test("items are sorted by key, whatever the digits in which keys differ", arguments: [0, 1, 511, 512, 5000])
    func sorting(count: Int) {
        for (seed, mask) in [UInt64.max, 0xfffff, 0xffff_0000_0000, 0xf000_0000_0000_00ff].enumerated() {
            var random = SeededGenerator(seed: UInt64(seed))
            var keys: Set<UInt64> = []
            while keys.count < min(count, 1 << mask.nonzeroBitCount / 2) { keys.insert(random.next() & mask | 1 << 63) }
            let shuffled = keys.shuffled(using: &random)
            let column = Column<Ordered<UInt64>>(capacity: shuffled.count)
            for (k, key) in shuffled.enumerated() { column.values[k] = Ordered(key: key, item: ~key) }
            let sorted = sortedByKey(column, count: shuffled.count)
            let found = (0..<shuffled.count).map { sorted.values[$0] }
            #expect(found.map(\.key) == keys.sorted(), "mask \(mask)")
            #expect(found.allSatisfy { $0.item == ~$0.key }, "mask \(mask)")
        }
    }
}
