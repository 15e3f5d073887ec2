import Penstock
import PenstockEvents
import PenstockLog
import Testing

@testable import PenstockTesting

/// A pipeline of every kind of stage whose result can depend on order, and its input.
final class Guarantee {
    let test: FlowTest
    /// The items of all partitions as they would arrive.
    let steps: [ScriptStep]

    private static let eventCount = 96
    private static let keys = 5

    init() async throws {
        var random = SeededRandom(seed: 13)
        let bound = Disorder.bounded(by: .nanoseconds(20))
        let (left, right) = (
            ScriptedSource("left", of: Reading.self, disorder: bound, partitions: 2),
            ScriptedSource("right", of: Reading.self, disorder: bound, partitions: 2)
        )
        let topic = Reading.random(150, disorder: 30, keys: Self.keys, &random)
        test = try await Self.makeTest(left, right, topic)
        var steps: [ScriptStep] = []
        let number = [test.sources.firstIndex { $0 === left }!, test.sources.firstIndex { $0 === right }!]
        let readings = Reading.random(Self.eventCount, disorder: 60, keys: Self.keys, &random)
        for (place, event) in readings.enumerated() {
            let (isRight, partition) = (random.below(3) == 0, random.below(2))
            (isRight ? right : left).add(event.reading, at: event.time, to: partition)
            steps.append(.item(source: number[isRight ? 1 : 0], partition: partition))
            guard place % 16 == 15 else { continue }
            (isRight ? right : left).add(.timeMark(event.time), to: partition)
            steps.append(.item(source: number[isRight ? 1 : 0], partition: partition))
        }
        for (source, script) in zip(number, [left, right]) {
            for partition in 0..<2 {
                script.addEnd(to: partition)
                steps.append(.item(source: source, partition: partition))
            }
        }
        self.steps = steps
    }

    private static func makeTest(
        _ left: ScriptedSource<Reading>, _ right: ScriptedSource<Reading>,
        _ readings: [(reading: Reading, time: Timestamp)]
    ) async throws -> FlowTest {
        let late = SideOutput("late", of: Reading.self)
        let numbers = Topic<Reading>("numbers")
        return try await FlowTest(expecting: [.late]) { log in
            try await Reading.write(readings, to: "numbers", partitions: 3, in: log)
            _ = try await log.openTopic(
                "totals", schema: Total.schema, creatingWith: TopicConfiguration(partitions: 2, durability: .pageCache))
        } _: {
            let lefts = Flow("lefts") { From(left) }
            let rights = Flow("rights") { From(right) }
            let all = Flow("all") { From(numbers, disorder: .bounded(by: .nanoseconds(25))) }
            Flow("tumbling") {
                lefts
                KeyBy(\Reading.key)
                Tumbling(every: .nanoseconds(20))
                LateData(to: late)
                Sum(\Reading.value)
                To(Observed("tumbling", of: Summed<Int64, Double>.self))
            }
            Flow("late") {
                From(late)
                To(Observed("late", of: Reading.self))
            }
            Flow("sliding") {
                all
                KeyBy(\Reading.key)
                Sliding(.nanoseconds(50), every: .nanoseconds(20))
                Sum(\Reading.value)
                Map { (s: Summed<Int64, Double>) in Total(s) }
                KeyBy(\Total.key)
                To(Topic<Total>("totals"))
            }
            Flow("sessions") {
                lefts
                KeyBy(\Reading.key)
                Session(gap: .nanoseconds(9))
                Collect()
                To(Observed("sessions", of: KeyedResult<Int64, [Reading]>.self))
            }
            Flow("pairs") {
                FullJoin(lefts, rights, on: \.key, \.key, between: .nanoseconds(-5), .nanoseconds(9)) {
                    (l: Reading?, r: Reading?) in "\(l?.number ?? -1) \(r?.number ?? -1)"
                }
                To(Observed("pairs", of: String.self))
            }
            Flow("latest") {
                AsOf(lefts, rights, on: \.key, \.key, .backward(tolerance: .nanoseconds(30))) {
                    (l: Reading, r: Reading?) in "\(l.number) \(r?.number ?? -1)"
                }
                To(Observed("latest", of: String.self))
            }
            Flow("watch") {
                lefts
                KeyBy(\Reading.key)
                Process(Watch())
                To(Observed("watch", of: String.self))
            }
            Flow("counts") {
                Merge(lefts, rights)
                KeyBy(\Reading.key)
                Tumbling(count: 4)
                Sum(\Reading.value)
                To(Observed("counts", of: Summed<Int64, Double>.self))
            }
        }
    }

    /// The steps in an order in which each partition in turn stands still, while the others go on, and catches up.
    var stalledInTurn: [ScriptStep] {
        let lanes = Array(Set(steps)).sorted { "\($0)" < "\($1)" }
        let size = (steps.count + lanes.count - 1) / lanes.count
        return zip(0..., lanes).flatMap { number, stalled -> [ScriptStep] in
            let part = steps.dropFirst(number * size).prefix(size)
            return part.filter { $0 != stalled } + part.filter { $0 == stalled }
        }
    }
}
