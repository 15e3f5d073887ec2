import Penstock
import PenstockEngine
import PenstockEvents
import PenstockTesting
import Testing

@Suite("Proofs of flows")
struct FlowProofTests {
    @Test("a proof compares runs broken off behind each event, and topics too")
    func crashesEverywhere() async throws {
        let ticks = ScriptedSource("ticks", of: Tick.self, disorder: .bounded(by: .nanoseconds(5)), partitions: 2)
        let sums = Observed("sums", of: Summed<Int, Double>.self)
        let late = SideOutput("late", of: Tick.self)
        let lateTicks = Observed("late", of: Tick.self)
        let marks = Topic<Mark>("marks")
        let test = try await FlowTest {
            let all = Flow("all") {
                From(ticks)
                KeyBy(\Tick.key)
                Tumbling(every: .nanoseconds(10))
                LateData(to: late)
                Sum { (t: Tick) in 1 / Double(t.number) }
            }
            Flow("sums") {
                all
                To(sums)
            }
            Flow("marks") {
                all
                Map { (s: Summed<Int, Double>) in Mark(key: Int64(s.key), sum: s.sum) }
                To(marks)
            }
            Flow("late") {
                From(late)
                To(lateTicks)
            }
        }
        let script = Script(source: ticks, test: test)
        for (number, time) in ([3, 1, 8, 28, 5, 13, 19, 31, 27, 40] as [Int64]).enumerated() {
            try await script.e(time, key: number % 3, partition: number % 2)
        }
        try await test.end()
        #expect(lateTicks.values == [Tick(key: 2, number: 13)])
        #expect(try await test.events(of: marks).flatMap(\.self).map(\.sum) == sums.values.map(\.sum))
        let report = try await test.prove()
        #expect(report.crashes == 12 * 9 && report.runs == report.crashes + 9 * 6 * 2)
    }

    @Test("a function that depends on how events come is found out, with the way of running and the row")
    func findsOut() async throws {
        let ticks = ScriptedSource("ticks", of: Tick.self, disorder: .marks)
        let numbers = Observed("numbers", of: Int.self)
        let calls = Guarded(0)
        let test = try await FlowTest {
            Flow("numbers") {
                From(ticks)
                Map { (_: Tick) in
                    calls.withLock { calls in
                        calls += 1
                        return calls
                    }
                }
                To(numbers)
            }
        }
        for number in 0..<3 { try await test.send(Tick(number: number), at: .zero, to: ticks) }
        try await test.end()
        let error = await #expect(throws: FlowTestError.self) { try await test.prove() }
        #expect(
            error?.summary == "batches of 1, parallelism 1, in the script's order, watermarks behind every event: "
                + "row 0 of numbers is 4 at 0, and was 1 at 0")
    }

    private struct Mark: FixedEvent {
        var key: Int64
        var sum: Double
        static let schema = Schema("Mark", fields: [.init("key", .i64), .init("sum", .f64)])
    }
}
