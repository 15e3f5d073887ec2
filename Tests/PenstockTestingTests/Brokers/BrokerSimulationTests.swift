import PenstockTesting
import Testing

/// How a seed ended.
private struct BrokerOutcome: Sendable, Equatable {
    let seed: UInt64
    var trace: UInt64 = 0
    var failure: String?

    static func run(seed: UInt64, brokers: Int) async -> BrokerOutcome {
        let scheduler = SimulatedScheduler(seed: seed)
        let simulation = BrokerSimulation(seed: seed, brokers: brokers, scheduler: scheduler)
        let end: Void? = await scheduler.run { await simulation.run() }
        var complaints = simulation.ledger.violations
        if end == nil { complaints.append("it is stuck: nothing happens any more") }
        var outcome = BrokerOutcome(seed: seed, trace: simulation.network.trace)
        if !complaints.isEmpty {
            let lines = complaints + ["\(simulation.plan)"] + simulation.history
            outcome.failure = lines.joined(separator: "\n")
        }
        return outcome
    }
}

@Suite("Simulation of brokers")
struct BrokerSimulationTests {
    @Test("one broker and its clients keep their promises in every trouble")
    func keepsPromises() async {
        await forEachSeed(count: SimulationSeeds.count(otherwise: 100) * 2 / 5 + 1) { seed in
            await BrokerOutcome.run(seed: seed, brokers: 1).failure
        }
    }

    @Test("two brokers with leases keep them, and one takes over what the other had")
    func keepsPromisesTogether() async {
        await forEachSeed(count: SimulationSeeds.count(otherwise: 100) / 10 + 1) { seed in
            await BrokerOutcome.run(seed: seed, brokers: 2).failure
        }
    }

    @Test("a seed repeats itself to the last message", arguments: 1...6 as ClosedRange<UInt64>, [1, 2])
    func repeats(seed: UInt64, brokers: Int) async {
        let first = await BrokerOutcome.run(seed: seed, brokers: brokers)
        // The order of a dictionary or a set comes of where it lies in memory: each run finds other places free.
        var held: [[UInt8]] = []
        for repetition in 1...2 {
            for size in 1...200 { held.append(Array(repeating: 0, count: 24 * size * repetition)) }
            held = held.enumerated().filter { ($0.offset * repetition) % 3 != 0 }.map(\.element)
            #expect(await BrokerOutcome.run(seed: seed, brokers: brokers) == first)
        }
    }
}
