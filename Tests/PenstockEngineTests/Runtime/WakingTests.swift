import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Stages that are woken")
struct WakingTests {
    @Test("a receiver that is woken returns without an element, also when it does not wait yet")
    func woken() async throws {
        let inbox = Inbox(inputs: [0])
        inbox.wake()
        inbox.wake()
        #expect(try await inbox.receiveUnlessWoken(except: []) == nil)
        let receiving = Task { try await inbox.receiveUnlessWoken(except: []) == nil }
        try await Task.sleep(for: .milliseconds(5))
        inbox.wake()
        #expect(try await receiving.value)
    }

    @Test("a receiver that is paused takes nothing until it is woken")
    func paused() async throws {
        let inbox = Inbox(inputs: [0])
        try await inbox.send(.end, from: 0)
        let receiving = Task { try await inbox.receiveUnlessWoken(except: [], isPaused: true) == nil }
        try await Task.sleep(for: .milliseconds(5))
        inbox.wake()
        #expect(try await receiving.value)
        let received = try await inbox.receiveUnlessWoken(except: [])
        guard case .end? = received?.element else {
            Issue.record("the end has gone")
            return
        }
    }

    @Test("a clock calls when an instant has come, at once where it has already")
    func clock() async {
        let clock = VirtualClock()
        let calls = Guarded<[Int64]>([])
        for instant in [30, 10, 20] as [Int64] {
            clock.call(at: instant) { calls.withLock { $0.append(instant) } }
        }
        clock.advance(by: 20)
        #expect(calls.withLock { $0 } == [10, 20])
        clock.call(at: 5) { calls.withLock { $0.append(5) } }
        #expect(calls.withLock { $0 } == [10, 20, 5])

        let real = MonotonicClock()
        let instant = real.nanoseconds + 2_000_000
        let came: Int64 = await withCheckedContinuation { continuation in
            real.call(at: instant) { continuation.resume(returning: real.nanoseconds) }
        }
        #expect(came >= instant)
    }

    /// Gives each element out only when it is woken.
    private struct Delaying: Processor {
        private var kept: [StreamElement] = []
        private var ready: [StreamElement] = []
        private var waker: Waker?

        var isWaking: Bool { true }
        var takesMore: Bool { kept.isEmpty && ready.isEmpty }

        mutating func begin(with waker: Waker) { self.waker = waker }

        mutating func accept(_ element: StreamElement) {
            kept.append(element)
            guard let waker else { return }
            waker.clock.call(at: waker.clock.nanoseconds) { waker.wake() }
        }

        mutating func wake(at now: Int64) {
            ready += kept
            kept = []
        }

        mutating func next() -> StreamElement? { ready.isEmpty ? nil : ready.removeFirst() }
    }

    @Test("an operator that waits gets no element meanwhile, and the stage ends when all is out")
    func delaying() async throws {
        let delaying = AnyOperator(
            summary: "delaying", output: ValueType(Sample.self), isKeyed: false, ordersEvents: false, defect: nil
        ) { _, _ in Delaying() }
        var stage = StageDescription.operation(delaying)
        stage.isWaking = true
        let source = ScriptedSource(partitions: [[Step](repeating: .e(1), count: 20)])
        let collected = Collector<Sample>()
        let flow = FlowDescription(name: "flow", stages: [.from(source), stage, .to(collected)])
        let plan = try PhysicalPlan([flow])
        #expect(plan.stages.count == 2)
        var options = RunOptions(batchEvents: 3)
        options.clock = VirtualClock()
        try await PipelineRun(plan, options: options, log: nil).run()
        #expect(collected.values.count == 20)
    }
}
