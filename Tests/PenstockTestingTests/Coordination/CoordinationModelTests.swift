import Foundation
import Testing

/// `PENSTOCK_SIMULATION_SEEDS` and `PENSTOCK_SIMULATION_FIRST_SEED` choose other seeds, as for the log.
@Suite("File coordination under interleaved calls, deaths, stops and clocks that differ")
struct CoordinationModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seeds = environment["PENSTOCK_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 200
    private static let first = environment["PENSTOCK_SIMULATION_FIRST_SEED"].flatMap { UInt64($0) } ?? 1

    @Test("two never hold a key at the same time, epochs rise, and nothing that was counted is lost")
    func oneHolder() throws {
        var grants = 0
        var lapses = 0
        for seed in Self.first..<Self.first + Self.seeds {
            let model = CoordinationModel(seed: seed)
            try model.run(turns: 1500)
            grants += model.grants
            lapses += model.lapses
        }
        print("coordination: seeds \(Self.first) to \(Self.first + Self.seeds - 1), \(grants) leases, \(lapses) lapsed")
        #expect(grants > Int(Self.seeds) && (Self.seeds < 50 || lapses > 0), "the test does not come to its point")
    }
}
