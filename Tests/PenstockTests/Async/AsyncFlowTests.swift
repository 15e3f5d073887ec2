import PenstockLog
import TestSupport
import Testing

@testable import Penstock

@Suite("Requests and feedback in a flow")
struct AsyncFlowTests {
    struct Guess: FixedEvent, Hashable {
        var number: Int64
        var tries: Int64
        static let schema = Schema("Guess", fields: [.init("number", .i64), .init("tries", .i64)])
    }

    private static func events(_ count: Int) -> From<Int> {
        From(Generated(count) { n in (n, Timestamp(nanoseconds: Int64(n))) })
    }

    @Test("the async operator keeps order, keys and times, and leaves out what has no result")
    func requests() async throws {
        let counted = Collected<Counted<Int>>()
        try await Flow("keyed") {
            Self.events(100)
            KeyBy { (n: Int) in n % 3 }
            MapAsync(capacity: 4, timeout: nil) { (n: Int) async in n * 2 }
            Tumbling(every: .nanoseconds(50))
            Count()
            To(counted)
        }.run()
        #expect(
            counted.values.map(\.count) == [17, 17, 16, 17, 16, 17] && counted.values.map(\.key) == [0, 1, 2, 0, 1, 2])
        let even = Collected<String>()
        try await Flow("even") {
            Self.events(10)
            CompactMapAsync(retries: .exponential(2)) { (n: Int) async -> String? in n % 2 == 0 ? "\(n)" : nil }
            To(even)
        }.run(options: RunOptions(batchEvents: 3))
        #expect(even.values == ["0", "2", "4", "6", "8"])
        #expect(even.times.map(\.nanoseconds) == [0, 2, 4, 6, 8])
    }

    @Test("what requests give may differ in a replay only where the author says so, or their order is free")
    func unrepeatable() {
        func reason(_ stage: MapAsync<Int, Int>) -> String? { stage.description.unrepeatable }
        #expect(reason(MapAsync { (n: Int) async in n }) == nil)
        #expect(reason(MapAsync(answers: .varying) { (n: Int) async in n })?.contains("not recorded") == true)
        #expect(reason(MapAsync(order: .unordered) { (n: Int) async in n })?.contains("order") == true)
        let comes = From(Feedback("steer", of: Guess.self)).description.unrepeatable
        #expect(comes?.contains("as they come") == true)
        let recorded = MapAsync(order: .unordered, answers: .recorded(in: "answers")) { (n: Int) async in n }
        #expect(reason(recorded) == nil)
        #expect(From(Feedback("steer", of: Guess.self, rounds: 3)).description.unrepeatable == nil)
    }

    @Test("a feedback edge through a topic: a loop halves numbers until they are small")
    func feedback() async throws {
        let steer = Feedback("steer", of: Guess.self, initial: [Guess(number: 1 << 20, tries: 0)], rounds: 100)
        let tried = Flow("tried") {
            Merge(
                From(Generated(3) { n in (Guess(number: Int64(n), tries: 0), Timestamp(nanoseconds: Int64(n))) }),
                From(steer))
            Map { (g: Guess) in Guess(number: g.number / 2, tries: g.tries + 1) }
        }
        let small = Collected<Guess>()
        let small1 = Flow("small") {
            tried
            Filter { (g: Guess) in g.number < 10 }
            To(small)
        }
        let back = Flow("back") {
            tried
            Filter { (g: Guess) in g.number >= 10 }
            To(steer)
        }
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let plan = try PhysicalPlan([tried.description, small1.description, back.description])
        try await PipelineRun(plan, options: RunOptions(topicDurability: .pageCache), log: log).run()
        #expect(small.values.map(\.number) == [0, 0, 1, 8] && small.values.last?.tries == 17)
    }

    @Test("who holds time back can be asked while a loop goes round")
    func holdInLoop() async throws {
        let steer = Feedback("steer", of: Guess.self, initial: [Guess(number: 1 << 10, tries: 0)], rounds: 100)
        let tried = Flow("tried") {
            Merge(From(Generated(1) { _ in (Guess(number: 0, tries: 0), Timestamp(nanoseconds: 0)) }), From(steer))
            MapAsync { (g: Guess) in
                try await Task.sleep(for: .milliseconds(20))
                return Guess(number: g.number / 2, tries: g.tries + 1)
            }
        }
        let small = Collected<Guess>()
        let end = Flow("small") {
            tried
            Filter { (g: Guess) in g.number < 2 }
            To(small)
        }
        let back = Flow("back") {
            tried
            Filter { (g: Guess) in g.number >= 2 }
            To(steer)
        }
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let plan = try PhysicalPlan([tried.description, end.description, back.description])
        let run = PipelineRun(plan, options: RunOptions(topicDurability: .pageCache), log: log)
        let running = Task { try await run.run() }
        while small.values.count < 2 {
            // The feedback waits for the stage that writes it, and that stage for the feedback.
            _ = run.figures?.stages.map(\.hold)
            try await Task.sleep(for: .milliseconds(2))
        }
        _ = try await running.value
        #expect(small.values.map(\.tries) == [1, 10])
    }
}
