import PenstockCommands
import PenstockEvents
import TestSupport
import Testing

@testable import Penstock
@testable import PenstockEngine

/// Two stages of requests, of which the second one depends on an option.
private struct Screening: Pipeline {
    static let abstract = "A pore diameter, and an uptake at a pressure"
    static let rows = Collected<Structure>()
    static let asked = Guarded<(geometry: Int, uptake: Int)>((0, 0))
    @Option var pressure = 1.0

    struct Structure: FixedEvent, Hashable {
        var number: Int64
        var value: Double
        static let schema = Schema("Structure", fields: [.init("number", .i64), .init("value", .f64)])

        var key: AnswerKey { AnswerKey(number, value) }
    }

    var body: some Dataflow {
        let pressure = pressure
        Flow("screening") {
            From(Generated(20) { n in (Structure(number: Int64(n), value: 0), Timestamp(nanoseconds: Int64(n))) })
            Persist(topic: "structures")
            MapAsync(capacity: 4, answers: .remembered(in: "geometry", by: \.key)) { (s: Structure) in
                Self.asked.withLock { $0.geometry += 1 }
                return Structure(number: s.number, value: Double(s.number) / 2)
            }
            CompactMapAsync(
                answers: .remembered(in: "uptake", by: { (s: Structure) in AnswerKey(s.number, s.value, pressure) })
            ) { (s: Structure) async -> Structure? in
                Self.asked.withLock { $0.uptake += 1 }
                return s.number % 2 == 0 ? nil : Structure(number: s.number, value: s.value * pressure)
            }
            To(Self.rows)
        }
    }
}

@Suite("Remembered answers from the command line", .serialized)
struct RememberedFlowTests {
    private func rows<Command: AsyncParsableCommand>(
        _ command: Command.Type, _ folder: TestFolder, _ arguments: String...
    ) async throws -> (rows: [Double], geometry: Int, uptake: Int) {
        Screening.asked.withLock { $0 = (0, 0) }
        var command = try Command.parse(arguments + ["--log", folder("log"), "--quiet"])
        try await command.run()
        let asked = Screening.asked.withLock { $0 }
        return (Screening.rows.values.map(\.value), asked.geometry, asked.uptake)
    }

    @Test("a replay with another parameter asks only for what depends on it")
    func replay() async throws {
        let folder = try TestFolder()
        let halves = stride(from: 1, to: 20, by: 2).map { Double($0) / 2 }
        let first = try await rows(RunCommand<Screening>.self, folder)
        #expect(first == (halves, 20, 20))
        let same = try await rows(ReplayCommand<Screening>.self, folder, "--batch-size", "3")
        #expect(same == (halves, 0, 0))
        let other = try await rows(ReplayCommand<Screening>.self, folder, "--pressure", "3")
        #expect(other == (halves.map { $0 * 3 }, 0, 20))
        let again = try await rows(ReplayCommand<Screening>.self, folder, "--pressure", "3", "--parallelism", "2")
        #expect(again == (halves.map { $0 * 3 }, 0, 0), "what a replay asked for is remembered, too")
    }

    @Test("what is remembered is within the guarantee of replay, in the order of events")
    func guarantee() {
        func reason(_ order: AsyncRequests.Order) -> String? {
            let stage = MapAsync(order: order, answers: .remembered(in: "answers", by: { AnswerKey($0) })) {
                (n: Int) async in n
            }
            return stage.description.unrepeatable
        }
        #expect(reason(.ordered) == nil)
        #expect(reason(.unordered)?.contains("order") == true)
    }
}
