import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Kernels")
struct KernelTests {
    /// A batch of counted values 0 ..< `count`, of which `selected` count.
    private func batch(_ count: Int, _ lives: Tally, selected: [UInt32]? = nil) -> Batch {
        var builder = ColumnBuilder<Counted>(capacity: count)
        for number in 0..<count { builder.append(Counted(number, lives), time: Int64(number * 10)) }
        let (values, times, count) = builder.take(capacity: 1)
        var batch = Batch(
            origin: Origin(stage: 0, partition: 0), baseSequence: 100, rowCount: count, times: times, values: values,
            watermark: .distantPast)
        batch.selection = selected.map(Selection.init(rows:))
        return batch
    }

    @Test(
        "map, filter and map again give what the functions say, and let go of every value",
        arguments: [nil, [1, 2, 5, 8]] as [[UInt32]?])
    func chain(selected: [UInt32]?) throws {
        let lives = Tally()
        do {
            var processors: [any Processor] = [
                KernelProcessor(stage: testStage, kernel: mapKernel { (c: Counted) in Counted(c.number * 2, lives) }),
                KernelProcessor(stage: testStage, kernel: filterKernel { (c: Counted) in c.number % 4 == 0 }),
                KernelProcessor(stage: testStage, kernel: mapKernel { (c: Counted) in Counted(c.number + 1, lives) }),
                KernelProcessor(stage: testStage, kernel: keyKernel { (c: Counted) in "key \(c.number)" }),
            ]
            var elements = [StreamElement.batch(batch(10, lives, selected: selected))]
            for at in processors.indices { elements = try elements.flatMap { try processors[at].outputs($0) } }
            let result = try #require(elements.first?.batch)
            let rows = (selected ?? Array(0..<10)).filter { $0 % 2 == 0 }
            #expect(result.values(Counted.self).map(\.number) == rows.map { Int($0) * 2 + 1 })
            #expect(Events<Counted>(result).map(\.time.nanoseconds) == rows.map { Int64($0) * 10 })
            for row in rows {
                let key = result.keys?.arena?.withKey(Int(row)) { String(decoding: $0, as: UTF8.self) }
                #expect(key == "key \(row * 2 + 1)")
            }
        }
        #expect(lives.value == 0)
    }

    @Test(
        "a function that throws in the middle names its event and leaks nothing",
        arguments: [nil, [1, 2, 5, 8]] as [[UInt32]?])
    func throwing(selected: [UInt32]?) throws {
        let lives = Tally()
        do {
            let map = KernelProcessor(
                stage: testStage,
                kernel: mapKernel { (c: Counted) in
                    guard c.number < 5 else { throw Failure() }
                    return Counted(c.number, lives)
                })
            let filter = KernelProcessor(
                stage: testStage,
                kernel: filterKernel { (c: Counted) in
                    guard c.number < 5 else { throw Failure() }
                    return true
                })
            for var processor in [map, filter] as [any Processor] {
                let error = #expect(throws: EngineError.self) {
                    _ = try processor.outputs(.batch(batch(10, lives, selected: selected)))
                }
                guard case .stageFailed(testStage, 105, Timestamp(nanoseconds: 50), let cause, _) = error else {
                    Issue.record("not the event: \(String(describing: error))")
                    continue
                }
                #expect(cause as? Failure == Failure())
                #expect(error?.summary.contains("test/stage") == true && error?.summary.contains("105") == true)
            }
        }
        #expect(lives.value == 0)
    }

    @Test("a filter that keeps everything leaves the batch as it was, one that keeps nothing an empty batch")
    func extremes() throws {
        let lives = Tally()
        var all = KernelProcessor(stage: testStage, kernel: filterKernel { (_: Counted) in true })
        var none = KernelProcessor(stage: testStage, kernel: filterKernel { (_: Counted) in false })
        let kept = try all.outputs(.batch(batch(5, lives)))[0].batch
        #expect(kept?.count == 5 && kept?.selection == nil)
        #expect(try none.outputs(.batch(batch(5, lives)))[0].batch?.count == 0)
    }

    @Test("values that wait in a merge are let go of")
    func merge() throws {
        let lives = Tally()
        do {
            var merge = OrderedMerge(batchEvents: 3, of: ValueType(Sample.self))
            #expect(try merge.outputs(.batch(batch(10, lives, selected: [0, 4, 9]))).isEmpty)
            let due = try merge.outputs(.watermark(Timestamp(nanoseconds: 40)))
            #expect(due.compactMap(\.batch).flatMap { $0.values(Counted.self) }.map(\.number) == [0, 4])
        }
        #expect(lives.value == 0)
    }
}
