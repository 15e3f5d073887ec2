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

/// Tries seeds, as many at a time as there are processors, until some have failed.
/// - Parameter failure: why a seed fails; nil where it does not.
func forEachSeed(count: UInt64, _ failure: @escaping @Sendable (UInt64) async -> String?) async {
    let last = SimulationSeeds.first + count
    await withTaskGroup(of: (seed: UInt64, failure: String?).self) { group in
        var next = SimulationSeeds.first
        var failures = 0
        func add() {
            guard next < last, failures < 10 else { return }
            let seed = next
            group.addTask { (seed, await failure(seed)) }
            next += 1
        }
        for _ in 0..<max(2, ProcessInfo.processInfo.activeProcessorCount) { add() }
        while let (seed, failure) = await group.next() {
            if let failure {
                failures += 1
                Issue.record(
                    "seed \(seed) failed; repeat it with: make simulate SEEDS=1 FIRST_SEED=\(seed)\n\(failure)")
            }
            add()
        }
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
        await forEachSeed(count: SimulationSeeds.count(otherwise: 1000)) {
            await SimulationOutcome.run(seed: $0).failure
        }
    }

    @Test("a seed repeats itself to the last call", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func repeats(seed: UInt64) async {
        let first = await SimulationOutcome.run(seed: seed)
        let second = await SimulationOutcome.run(seed: seed)
        #expect(first.trace == second.trace && first.failure == second.failure, "seed \(seed)")
    }
}
