import PenstockEvents
import Testing

@testable import PenstockTesting

/// stream-semantics.md, section 13: the same records give the same output records in the same order, whatever the batch size, the
/// parallelism, the speed of reading, and however often the run is killed and restored.
@Suite("The replay guarantee of section 13")
struct GuaranteeTests {
    enum Pace: String, CaseIterable {
        case fullSpeed = "full speed"
        case oneByOne = "paced one by one"
        case stalled = "partitions stalled in turn"
    }

    struct Case: CustomTestStringConvertible {
        let batch: Int
        let parallelism: Int
        let pace: Pace
        /// Decides where the run is killed, three times; nil for never.
        let killSeed: UInt64?

        var testDescription: String {
            "batch \(batch), parallelism \(parallelism), \(pace.rawValue), "
                + (killSeed.map { "killed at random points of seed \($0)" } ?? "no kill")
        }

        static let all: [Case] = {
            var cases: [Case] = []
            for batch in [1, 7, 4096] {
                for parallelism in [1, 2, 4] {
                    for pace in Pace.allCases {
                        let seed = SimulationSeeds.first + UInt64(cases.count)
                        cases.append(Case(batch: batch, parallelism: parallelism, pace: pace, killSeed: nil))
                        cases.append(Case(batch: batch, parallelism: parallelism, pace: pace, killSeed: seed))
                    }
                }
            }
            return cases
        }()
    }

    /// What comes of the events one by one in the order of their arrival, without a kill.
    private static let reference = Task {
        let guarantee = try await Guarantee()
        let way = FlowWay(
            shape: FlowRun.Shape(parallelism: 1, batch: 4096), steps: guarantee.steps, order: "in order", settles: true)
        return try await way.run(guarantee.test)
    }

    @Test("every output is the same, byte by byte", arguments: Case.all)
    func product(_ example: Case) async throws {
        let guarantee = try await Guarantee()
        var way = FlowWay(
            shape: FlowRun.Shape(parallelism: example.parallelism, batch: example.batch),
            steps: example.pace == .stalled ? guarantee.stalledInTurn : guarantee.steps, order: example.pace.rawValue,
            settles: example.pace != .fullSpeed)
        if let seed = example.killSeed { Self.kill(&way, seed) }
        let outcome = try await way.run(guarantee.test)
        let difference = outcome.difference(from: try await Self.reference.value)
        #expect(difference == nil, "\(way)")
    }

    /// Kills a run three times, each time amid work, some of it that of a checkpoint, and goes on with another shape.
    private static func kill(_ way: inout FlowWay, _ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        way.haste = random.below(400)
        for _ in 0..<3 {
            let place = 1 + random.below(way.steps.count)
            way.crashes[place] = FlowRun.Shape(
                parallelism: [1, 2, 4][random.below(3)], batch: [1, 7, 4096][random.below(3)])
            if random.coin() { way.checkpoints.insert(place) }
            way.checkpoints.insert(random.below(place + 1))
        }
    }

    @Test("a kill is a kill: runs go on from checkpoints in their middle, some of them begun just before the kill")
    func kills() async throws {
        let guarantee = try await Guarantee()
        var restored: [UInt64] = []
        for seed in UInt64(1)...6 {
            var way = FlowWay(
                shape: FlowRun.Shape(parallelism: 2, batch: 7), steps: guarantee.steps, order: "in order", settles: true
            )
            Self.kill(&way, seed)
            let outcome = try await way.run(guarantee.test)
            let difference = outcome.difference(from: try await Self.reference.value)
            #expect(difference == nil, "\(way)")
            restored += outcome.restored
        }
        #expect(restored.count > 6 && restored.contains { $0 > 2 }, "\(restored)")
    }

    @Test("the product is over something: every output has rows, and events are late")
    func notEmpty() async throws {
        let reference = try await Self.reference.value
        #expect(reference.outputs.count == 10)
        for output in reference.outputs { #expect(output.rows.count > 5, "\(output.name)") }
        #expect(!reference.isUnfinished)
        let counts = try #require(reference.outputs.last?.rows)
        #expect(counts.contains { $0.hasPrefix("tumbling/") && !$0.contains("late 0,") })
    }
}
