import Testing

@testable import PenstockEngine

@Suite("Pane table")
struct PaneTableTests {
    @Test("a table grows, keeps every code apart, and takes the codes 0 and UInt64.max")
    func codes() {
        for seed in UInt64(0)..<30 {
            var random = SeededGenerator(seed: seed)
            // Codes that meet in one slot until the table has grown beyond 2^16, and both ends of the range.
            let codes: [UInt64] =
                [0, .max, .max - 1, 1] + (0..<20).map { $0 << 16 } + (0..<200).map { _ in random.next() }
            var table = PaneTable<IntegerSum>()
            var expected: [UInt64: Int64] = [:]
            for _ in 0..<1000 {
                let code = codes.randomElement(using: &random) ?? 0
                let number = Int64.random(in: -100...100, using: &random)
                if random.once(in: 2) { table.add(code, number) } else { table.merge(code, IntegerSum(number)) }
                expected[code, default: 0] += number
            }
            var found: [UInt64: Int64] = [:]
            table.forEach { code, accumulator in
                #expect(found.updateValue(accumulator.sum, forKey: code) == nil, "seed \(seed): a code twice")
            }
            #expect(found == expected, "seed \(seed)")
            let count = table.count
            #expect(count == expected.count, "seed \(seed)")
        }
    }

    @Test("a table gives its memory back, by itself and in a pane, also what it has outgrown")
    func memory() {
        weak var first: Column<PaneTable<IntegerSum>.Slot>?
        weak var last: Column<PaneTable<IntegerSum>.Slot>?
        do {
            var table = PaneTable<IntegerSum>()
            first = table.memory
            for code in UInt64(0)..<100 { table.add(code, 1) }
            last = table.memory
            #expect(first == nil && last != nil)
        }
        #expect(last == nil)
        do {
            let pane = SlicePane<IntegerSum>(start: 0, end: 10, origin: Origin(stage: 0, partition: 0))
            first = pane.table.memory
            #expect(first != nil)
        }
        #expect(first == nil)
    }

    @Test(
        "whether a sum overflows is a question of the whole sum, not of the order of its numbers",
        arguments: [0, 17, UInt64.max])
    func overflow(code: UInt64) {
        for numbers in [
            [Int64.max, 1, -1], [1, .max, -1], [.min, -1, .max, 2], [-1, .min, 1], [.max, .max, .min, .min],
        ] {
            var table = PaneTable<IntegerSum>()
            var merged = PaneTable<IntegerMean>()
            for number in numbers {
                table.add(code, number)
                var one = PaneTable<IntegerMean>()
                one.add(code, number)
                merged.merge(one)
            }
            let overflows = [!table.overflowed.isEmpty, !merged.overflowed.isEmpty]
            #expect(overflows == [false, false], "\(numbers)")
            for _ in 0..<3 { table.add(code, .max) }
            let overflowsThen = !table.overflowed.isEmpty
            #expect(overflowsThen, "\(numbers)")
        }
    }

    @Test("folding stops at the first row outside the slice, with and without a selection")
    func folding() {
        let batch = Batch([10, 11, 25, 12, 19].map { ($0, Sample(number: $0)) })
        let codes = Column<UInt64>(capacity: 5)
        let numbers = Column<Int64>(capacity: 5)
        for row in 0..<5 { (codes.values[row], numbers.values[row]) = (3, batch.times.values[row]) }
        var selected = batch
        selected.selection = Selection(rows: [1, 3, 4])
        for (batch, from, to, sum) in [(batch, 0, 2, Int64(21)), (batch, 3, 5, 31), (selected, 0, 3, 42)] {
            var table = PaneTable<IntegerSum>()
            var k = from
            let rows = PaneRows(
                rows: batch.rows, start: 10, end: 20, times: UnsafePointer(batch.times.values),
                codes: UnsafePointer(codes.values), numbers: UnsafePointer(numbers.values))
            table.fold(rows, from: &k)
            #expect(k == to)
            table.forEach { #expect($0 == 3 && $1.sum == sum) }
        }
    }
}
