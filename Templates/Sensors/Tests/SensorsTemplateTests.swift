import Penstock
import PenstockTesting
import Testing

@testable import SensorsTemplate

@Test("a mean comes when its window has closed, and is the same after any crash")
func means() async throws {
    let readings = ScriptedSource("readings", of: Reading.self, disorder: .bounded(by: .seconds(2)))
    let means = Observed("means", of: Averaged<UInt64>.self)
    let test = try await FlowTest {
        let source = Flow("readings") { From(readings) }
        let found = SensorsTemplate.means(of: source, every: .seconds(10))
        Flow("table") {
            found
            To(means)
        }
    }
    try await test.send(Reading(sensor: 1, kelvin: 290), at: .seconds(3), to: readings)
    try await test.send(Reading(sensor: 1, kelvin: 300), at: .seconds(11), to: readings)
    #expect(means.rows.isEmpty)  // a reading of 9 s may still come: rows are up to 2 s out of order
    try await test.send(Reading(sensor: 1, kelvin: 292), at: .seconds(9), to: readings)
    try await test.send(Reading(sensor: 2, kelvin: 280), at: .seconds(12), to: readings)
    #expect(means.values.map(\.mean) == [291])
    try await test.end()
    #expect(means.values.map(\.mean) == [291, 300, 280])
    // The same rows for every batch size, parallelism, order of reading, and crash.
    try await test.prove()
}
