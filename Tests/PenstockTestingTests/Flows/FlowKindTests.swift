import Dispatch
import Penstock
import PenstockEngine
import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

/// Pipelines of other kinds than those of the tests of `FlowTest` itself.
@Suite("Tests of flows with topics and of whole pipelines")
struct FlowKindTests {
    @Test("a flow that records goes on behind what is acknowledged, step by step and behind every crash")
    func persisted() async throws {
        let source = ScriptedSource("source", of: Reading.self, disorder: .bounded(by: .nanoseconds(3)))
        let sums = Observed("sums", of: Summed<Int64, Double>.self)
        let test = try await FlowTest {
            Flow("sums") {
                From(source)
                Filter { (r: Reading) in r.number > 0 }
                Persist(topic: "readings")
                KeyBy(\Reading.key)
                Tumbling(every: .nanoseconds(10))
                Sum(\Reading.value)
                To(sums)
            }
        }
        for (number, time) in ([2, 0, 7, 5, 14, 12] as [Int64]).enumerated() {
            let reading = Reading(key: Int64(number % 2), number: Int64(number), value: Double(time))
            try await test.send(reading, at: .nanoseconds(time), to: source)
        }
        #expect(sums.newRows().map(\.value.sum) == [7, 5])
        try await test.end()
        #expect(sums.newRows().map(\.value.sum) == [14, 12])
        #expect(try await test.events(of: Topic<Reading>("readings")).map(\.count) == [5])
        var proof = FlowProof()
        proof.batches = [1, 7]
        proof.parallelism = [1, 2]
        try await test.prove(proof)
    }

    private struct Doubling: Pipeline {
        static let abstract = "Doubles numbers"
        /// Where a test puts its source and its sink.
        @TaskLocal static var ends: (ScriptedSource<Int>, Observed<Int>)?

        var body: some Dataflow {
            if let (source, sink) = Self.ends {
                Flow("doubled") {
                    From(source)
                    Map { (n: Int) in 2 * n }
                    To(sink)
                }
            }
        }
    }

    @Test("a pipeline that is a program is tested as it is")
    func program() async throws {
        let numbers = ScriptedSource("numbers", of: Int.self, disorder: .ascending)
        let doubled = Observed("doubled", of: Int.self)
        try await Doubling.$ends.withValue((numbers, doubled)) {
            let test = try await FlowTest(Doubling())
            try await test.send(21, at: .zero, to: numbers)
            #expect(doubled.newRows() == [ObservedRow(42, at: Timestamp(nanoseconds: 0))])
            try await test.end()
        }
        #expect(doubled.isFinished)
    }

    @Test("rows say which pane of their window they are")
    func panes() async throws {
        let source = ScriptedSource("source", of: Reading.self, disorder: .marks)
        let counts = Observed("counts", of: Counted<Int64>.self)
        let test = try await FlowTest(expecting: .late) {
            Flow("counts") {
                From(source)
                KeyBy(\Reading.key)
                Tumbling(every: .nanoseconds(10))
                Early(every: 2)
                AllowedLateness(.nanoseconds(5))
                Count()
                To(counts)
            }
        }
        func send(_ time: Int64) async throws {
            try await test.send(Reading(key: 1, number: 0, value: 0), at: .nanoseconds(time), to: source)
        }
        for time in [1, 2, 3] as [Int64] { try await send(time) }
        #expect(counts.newRows().map(\.pane) == [Pane(index: 0, timing: .early, isFinal: false, isComplete: false)])
        try await test.mark(.nanoseconds(9))
        #expect(counts.newRows().map(\.pane) == [Pane(index: 1, timing: .onTime, isFinal: false)])
        try await send(4)
        #expect(counts.newRows().isEmpty)
        try await test.mark(.nanoseconds(14))
        let last = counts.newRows()
        #expect(last.map(\.pane) == [Pane(index: 2, timing: .late)] && last.map(\.value.count) == [4])
        #expect(last.map(\.window) == [WindowSpan(start: 0, end: 10)])
        try await send(5)
        #expect(test.total.lateEvents == 1)
    }

    @Test("case 35: an event of the future is refused and moves no watermark, and fails a test that does not expect it")
    func future() async throws {
        let counts = Observed("counts", of: Counted<Int64>.self)
        // The log's clock stands at 0.
        let readings = [61, 1].map { (second: Int64) in
            (
                reading: Reading(key: 1, number: second, value: 0),
                time: Timestamp(nanoseconds: second * 1_000_000_000)
            )
        }
        func test(_ expected: FlowTest.Refusals) async throws -> FlowTest {
            try await FlowTest(expecting: expected) { log in
                try await Reading.write(readings, to: "numbers", partitions: 1, in: log)
            } _: {
                Flow("counts") {
                    From(Topic<Reading>("numbers"), disorder: .ascending)
                    KeyBy(\Reading.key)
                    Tumbling(every: .seconds(10))
                    Count()
                    To(counts)
                }
            }
        }
        let expecting = try await test(.future)
        #expect(expecting.total == OperatorStatistics(futureEvents: 1))
        #expect(counts.values.map(\.count) == [1] && counts.isFinished)
        let error = await #expect(throws: FlowTestError.self) { _ = try await test([]) }
        #expect(error?.summary.hasPrefix("1 future event in counts/From") == true)
    }

    @Test("a stage that does not come to rest is named")
    func stuck() async throws {
        let numbers = ScriptedSource("numbers", of: Int.self, disorder: .ascending)
        let gate = DispatchSemaphore(value: 0)
        let test = try await FlowTest(patience: .seconds(3)) {
            let all = Flow("all") { From(numbers) }
            Flow("stuck") {
                all
                Map { (n: Int) in
                    gate.wait()
                    return n
                }
                To(Observed("stuck", of: Int.self))
            }
            Flow("free") {
                all
                To(Observed("free", of: Int.self))
            }
        }
        let error = await #expect(throws: (any Error).self) { try await test.send(1, at: .zero, to: numbers) }
        #expect((error as? any Diagnostic)?.summary.contains("stuck/Map still works") == true)
        gate.signal()
    }

    @Test("time on the engine's clock goes from instant to instant")
    func clock() async throws {
        let clock = ManualClock()
        let calls = Guarded<[Int64]>([])
        for instant in [30, 10, 20] as [Int64] {
            clock.call(at: instant) { calls.withLock { $0.append(instant) } }
        }
        clock.advance(nanoseconds: 20)
        #expect(calls.withLock { $0 } == [10, 20])
        clock.call(at: 5) { calls.withLock { $0.append(5) } }
        clock.advance(nanoseconds: 10)
        #expect(calls.withLock { $0 } == [10, 20, 5, 30])
    }

    @Test("values as text are the same for the same bits only")
    func exact() async throws {
        let numbers = ScriptedSource("numbers", of: Double.self, disorder: .ascending)
        let same = Observed("same", of: Bool.self)
        let calls = Guarded(0)
        let test = try await FlowTest {
            Flow("zero") {
                From(numbers)
                // Minus zero in every run but the first.
                Map { (n: Double) in
                    calls.withLock { calls in
                        calls += 1
                        return calls > 1 ? -n : n
                    }
                }
                To(Observed("zeros", of: Double.self))
            }
            Flow("same") {
                From(numbers)
                Map { (n: Double) in n == 0 }
                To(same)
            }
        }
        try await test.send(0.0, at: .zero, to: numbers)
        try await test.end()
        let error = await #expect(throws: FlowTestError.self) { try await test.prove() }
        #expect(error?.summary.contains("row 0 of zeros is -0.0#8000000000000000") == true)
    }
}

extension WindowSpan {
    fileprivate init(start: Int64, end: Int64) {
        self.init(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: end))
    }
}
