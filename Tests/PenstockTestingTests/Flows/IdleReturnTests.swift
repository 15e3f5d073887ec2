import Penstock
import PenstockEngine
import PenstockTesting
import Testing

/// A source that has been idle comes back beside one that is far ahead. From then on its own watermark counts, in every instance of the stages
/// behind it: nothing that comes later of it is late by the other one's.
@Suite("Idle sources that come back")
struct IdleReturnTests {
    private let quiet = ScriptedSource("quiet", of: Tick.self, disorder: .ascending)
    private let busy = ScriptedSource("busy", of: Tick.self, disorder: .ascending)
    private let rows = Observed("rows", of: Counted<Int>.self)

    /// Passes events on, each key in its instance.
    private struct PassOn: KeyedProcess {
        typealias Key = Int

        func process(
            _ event: Tick, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Tick>,
            context: ProcessContext<Int>
        ) { output.append(event) }
    }

    private func send(_ source: ScriptedSource<Tick>, _ test: FlowTest, key: Int = 1, _ number: Int) async throws {
        try await test.send(Tick(key: key, number: number), at: .nanoseconds(abs(number)), to: source)
    }

    /// Lets the quiet source be left out while the other goes on to 100, with both at 1 before.
    private func leaveOut(_ test: FlowTest) async throws {
        try await send(quiet, test, 1)
        try await send(busy, test, 1)
        try await send(busy, test, 50)
        try await test.advance(by: .seconds(31))
        try await send(busy, test, 100)
        #expect(rows.newRows().map(\.window.start.nanoseconds) == [0, 50])
    }

    @Test("also where nothing of what it sent first has come through a filter", arguments: [1, 4])
    func filtered(parallelism: Int) async throws {
        let test = try await FlowTest(parallelism: parallelism) {
            let back = Flow("back") {
                From(quiet).idle(after: .seconds(30))
                Filter { (tick: Tick) in tick.number >= 0 }
            }
            Flow("main") {
                Merge(back, From(busy))
                KeyBy(\Tick.key)
                Tumbling(every: .nanoseconds(10))
                Count()
                To(rows)
            }
        }
        try await leaveOut(test)
        // This one is filtered out, but it says that the source is at 200.
        try await send(quiet, test, -200)
        try await send(busy, test, 500)
        #expect(rows.newRows().map(\.window.start.nanoseconds) == [100])
        try await send(quiet, test, 210)
        try await send(quiet, test, 300)
        #expect(rows.newRows().map(\.window.start.nanoseconds) == [210])
        try await test.end()
        #expect(rows.newRows().map(\.window.start.nanoseconds) == [300, 500])
    }

    @Test("also for the keys of other instances than that of its first event")
    func otherInstances() async throws {
        let late = SideOutput("late", of: Tick.self)
        let lateTicks = Observed("late ticks", of: Tick.self)
        let test = try await FlowTest(parallelism: 4, batch: 1) {
            let back = Flow("back") {
                From(quiet).idle(after: .seconds(30))
                KeyBy(\Tick.key)
                Process(PassOn())
            }
            Flow("main") {
                Merge(back, From(busy))
                KeyBy(\Tick.key)
                Tumbling(every: .nanoseconds(10))
                LateData(to: late)
                Count()
                To(rows)
            }
            Flow("late") {
                From(late)
                To(lateTicks)
            }
        }
        try await leaveOut(test)
        try await send(quiet, test, key: 0, 200)
        try await send(busy, test, 500)
        for key in 1..<20 { try await send(quiet, test, key: key, 200 + 10 * key) }
        try await send(quiet, test, 400)
        #expect(rows.newRows().map(\.window.start.nanoseconds) == [100] + (0..<20).map { 200 + 10 * $0 })
        try await test.end()
        #expect(rows.newRows().map(\.window.start.nanoseconds) == [400, 500])
        // The process has kept the first event, which its source's watermark had not passed: that one came too late.
        #expect(lateTicks.newRows().map(\.value.number) == [1])
    }
}
