import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Early rows by an interval of the clock")
struct EarlyIntervalTests {
    private static let interval: Int64 = 100

    private func windows(
        _ window: TimeWindows, _ clock: VirtualClock, batch: Int = 16
    ) throws -> any Processor {
        var windows = KeyedWindow.time(window).makeProcessor(
            WindowStageOptions(
                stage: testStage, aggregate: .treeText(isKeyed: true, Emission(earlyInterval: Self.interval)),
                origin: Origin(stage: 2, partition: 0), batchEvents: batch, input: ValueType(Sample.self)))
        try windows.begin(with: Waker(Inbox(inputs: [0]), clock))
        return windows
    }

    @Test("at each multiple of the interval there is a row of each key and window with new events", arguments: 0..<150)
    func reference(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let size = Int64.random(in: 5...30, using: &random)
        let window = TimeWindows(size: size, every: random.once(in: 2) ? size : max(1, size / 2))
        let clock = VirtualClock()
        var processor = try windows(window, clock)
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        var (time, watermark, number) = (Int64(0), Int64(-1), Int64(0))
        var rows: [TreeRow] = []
        var expected: [String] = []
        // All events so far, and those since the last early rows.
        var (events, fresh): ([(time: Int64, key: Int64)], [(time: Int64, key: Int64)]) = ([], [])
        func ends(_ time: Int64) -> [Int64] {
            (time - size + 1...time).filter { floorMod($0, window.every) == 0 }.map { $0 + size }
        }
        for _ in 0..<60 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                clock.advance(by: Int64.random(in: 1...150, using: &random))
                guard let instant = processor.wakeInstant, instant <= clock.nanoseconds else { continue }
                #expect(instant % Self.interval == 0)
                try processor.wake(at: clock.nanoseconds)
                while let output = try processor.next() { rows += output.batch?.values(TreeRow.self) ?? [] }
                for end in Set(fresh.flatMap { ends($0.time) }).sorted() where end - 1 > watermark {
                    for key in Set(fresh.filter { ends($0.time).contains(end) }.map(\.key)).sorted() {
                        let count = events.count { $0.key == key && ends($0.time).contains(end) }
                        expected.append("\(key) \(end) \(count)")
                    }
                }
                fresh = []
            case 1:
                watermark = max(watermark, time - 1)
                let outputs = try processor.outputs(.watermark(Timestamp(nanoseconds: watermark)))
                rows += outputs.compactMap(\.batch).flatMap { $0.values(TreeRow.self) }
            default:
                time += Int64.random(in: 0...4, using: &random)
                number += 1
                let sample = Sample(key: Int64.random(in: 0..<3, using: &random), number: number)
                events.append((time, sample.key))
                fresh.append((time, sample.key))
                for element in try key.outputs(
                    .batch(Batch([(time, sample)], sequence: UInt64(number), watermark: watermark)))
                {
                    _ = try processor.outputs(element)
                }
            }
        }
        rows += try processor.outputs(.end).compactMap(\.batch).flatMap { $0.values(TreeRow.self) }
        let early = rows.filter { $0.pane.timing == .early }
        #expect(early.allSatisfy { !$0.pane.isFinal })
        #expect(
            early.map { row in "\(row.key) \(row.window.end.nanoseconds) \(row.text.count { $0 == ":" })" }
                == expected, "seed \(seed)")
        let closing = rows.filter { $0.pane.timing == .onTime }
        #expect(closing.reduce(0) { $0 + $1.text.count { $0 == ":" } } == events.reduce(0) { $0 + ends($1.time).count })
        for row in closing {
            let before = early.filter { $0.key == row.key && $0.window == row.window }
            #expect(before.map(\.pane.index) == Array(0..<before.count) && row.pane.index == before.count)
        }
    }

    @Test("behind a checkpoint the keys of open windows count as new")
    func restored() throws {
        let clock = VirtualClock()
        let window = TimeWindows(size: 10, every: 10)
        var first = try windows(window, clock)
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        for element in try key.outputs(.batch(Batch([(1, Sample(key: 4, number: 1))], watermark: 0))) {
            _ = try first.outputs(element)
        }
        var state = StateWriter()
        try first.snapshot(into: &state)
        var second = try windows(window, clock)
        try second.restore(state.chunks)
        #expect(second.wakeInstant == 100)
        clock.advance(by: 100)
        try second.wake(at: 100)
        let row = try #require(try second.next()?.batch?.values(TreeRow.self).first)
        #expect(row.pane.timing == .early && row.window.end.nanoseconds == 10)
        #expect(second.wakeInstant == nil, "nothing new")
    }

    @Test("they are said to be unrepeatable; sessions have none")
    func plans() throws {
        func plan(
            _ window: KeyedWindow, _ emission: Emission, takesUpdates: Bool
        ) throws -> (unrepeatable: String?, plan: PhysicalPlan) {
            let aggregate = StageDescription.aggregate(window, Aggregate(.count, .nothing, emission: emission))
            var end = StageDescription.to("samples", Reading.self)
            end.takesUpdates = takesUpdates
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [[]])), .keyBy { (s: Sample) in s.key }, aggregate,
                    .map { (r: Row) in Reading(r.count, 0) }, end,
                ])
            return (aggregate.unrepeatable, try PhysicalPlan([flow]))
        }
        let tumbling = KeyedWindow.time(TimeWindows(size: 10, every: 10))
        let session = KeyedWindow.session(SessionWindows(gap: .fixed(10)))
        for emission in [Emission(earlyInterval: 5), Emission(earlyEvery: 5)] {
            let (unrepeatable, _) = try plan(tumbling, emission, takesUpdates: true)
            #expect(unrepeatable == "early rows")
            #expect(throws: EngineError.self) { try plan(session, emission, takesUpdates: true) }
        }
        #expect(try plan(tumbling, Emission(), takesUpdates: false).unrepeatable == nil)
        #expect(throws: EngineError.self) { try plan(tumbling, Emission(earlyInterval: 0), takesUpdates: true) }
    }
}
