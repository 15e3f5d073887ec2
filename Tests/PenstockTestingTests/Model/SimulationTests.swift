import Foundation
import PenstockLog
import PenstockTesting
import Testing

/// The seeds of this run, from the environment.
enum SimulationSeeds {
    static let first = number("PENSTOCK_SIMULATION_FIRST_SEED") ?? 1
    /// How many are tried, where the environment does not say.
    static func count(otherwise count: UInt64) -> UInt64 { number("PENSTOCK_SIMULATION_SEEDS") ?? count }

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
}

/// How one seed ended.
struct SimulationOutcome: Sendable {
    let seed: UInt64
    let trace: UInt64
    let failure: String?

    static func run(seed: UInt64) async -> SimulationOutcome {
        let scheduler = SimulatedScheduler(seed: seed)
        let outcome = await scheduler.run {
            let simulation = Simulation(seed: seed, scheduler: scheduler)
            do {
                return SimulationOutcome(seed: seed, trace: try await simulation.run(), failure: nil)
            } catch {
                let step = simulation.history.count
                let steps = simulation.history.enumerated().map { "  \($0.offset + 1). \($0.element)" }
                return SimulationOutcome(
                    seed: seed, trace: simulation.storage.trace,
                    failure: "step \(step): \(error)\nsteps:\n\(steps.joined(separator: "\n"))")
            }
        }
        return outcome ?? SimulationOutcome(seed: seed, trace: 0, failure: "the log is stuck: nothing happens any more")
    }
}

@Suite("Simulation")
struct SimulationTests {
    @Test("random programs with faults and crashes keep every promise of the log")
    func keepsPromises() async {
        let last = SimulationSeeds.first + SimulationSeeds.count(otherwise: 1000)
        await withTaskGroup(of: SimulationOutcome.self) { group in
            var next = SimulationSeeds.first
            var failures = 0
            func add() {
                guard next < last, failures < 10 else { return }
                let seed = next
                group.addTask { await SimulationOutcome.run(seed: seed) }
                next += 1
            }
            for _ in 0..<max(2, ProcessInfo.processInfo.activeProcessorCount) { add() }
            while let outcome = await group.next() {
                if let failure = outcome.failure {
                    failures += 1
                    Issue.record(
                        "seed \(outcome.seed) failed; repeat it with: make simulate SEEDS=1 FIRST_SEED=\(outcome.seed)\n\(failure)"
                    )
                }
                add()
            }
        }
    }

    @Test("a seed repeats itself to the last call", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func repeats(seed: UInt64) async {
        let first = await SimulationOutcome.run(seed: seed)
        let second = await SimulationOutcome.run(seed: seed)
        #expect(first.trace == second.trace && first.failure == second.failure, "seed \(seed)")
    }
}
