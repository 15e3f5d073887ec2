import Testing

@testable import PenstockTesting

@Suite("Pipelines over a log that dies")
struct PipelineSimulationTests {
    /// A run of pipelines takes ten times as long as one of the log alone: of many seeds a tenth is tried.
    private static let seedCount: UInt64 = {
        let wanted = SimulationSeeds.count(otherwise: 60)
        return wanted <= 500 ? wanted : max(500, wanted / 10)
    }()

    @Test(
        "power loss, kill and faults at any call of the log, and the outputs are those of an undisturbed run",
        .timeLimit(.minutes(30)))
    func keepsPromises() async throws {
        let expected = try await PipelineSimulation.undisturbed.value
        for output in expected.outputs { #expect(output.rows.count > 20, "\(output.name)") }
        let last = SimulationSeeds.first + Self.seedCount
        var (deaths, restored) = (0, 0)
        await withTaskGroup(of: PipelineSimulation.self) { group in
            var seeds = (SimulationSeeds.first..<last)[...]
            @Sendable func tryOut(_ seed: UInt64) async -> PipelineSimulation {
                var simulation = PipelineSimulation(seed: seed)
                var failure: String?
                do {
                    let outcome = try await simulation.run(crashes: 4)
                    let different = zip(outcome.outputs, expected.outputs).first { $0 != $1 }
                    failure = different.map { "\($0.name) has \($0.rows.count) rows, expected \($1.rows.count)" }
                } catch { failure = "\(error)" }
                guard let failure else { return simulation }
                Issue.record(
                    "seed \(seed) failed behind \(simulation.deaths) deaths; repeat it with: make simulate SEEDS=1 FIRST_SEED=\(seed)\n\(failure)"
                )
                return simulation
            }
            for _ in 0..<2 { if let seed = seeds.popFirst() { group.addTask { await tryOut(seed) } } }
            while let simulation = await group.next() {
                deaths += simulation.deaths
                restored += simulation.restored.count { $0 > 1 }
                if let seed = seeds.popFirst() { group.addTask { await tryOut(seed) } }
            }
        }
        // One seed may be lucky.
        guard last - SimulationSeeds.first >= 20 else { return }
        #expect(
            deaths > 20 && restored > 10, "\(deaths) deaths, \(restored) runs went on from a checkpoint in their middle"
        )
    }
}
