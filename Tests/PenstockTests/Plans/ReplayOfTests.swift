import PenstockCommands
import TestSupport
import Testing

@testable import Penstock
@testable import PenstockEngine

/// Two partitions of a second an event: one gives an event at a time, the other has nothing before it has been looked at 50 times.
private struct Instruments: Source {
    let disorder = Disorder.ascending
    let partitionCount = 2
    let summary = "two instruments"

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Int64> {
        Reader(partition: partition)
    }

    struct Reader: SourceReader {
        let partition: Int
        var looks: Int64 = 0

        mutating func read(into batch: inout SourceBatch<Int64>) -> SourceProgress {
            defer { looks += 1 }
            guard looks < 100 else { return .end }
            if partition == 0 { batch.append(looks, time: Timestamp(nanoseconds: looks * 1_000_000_000)) }
            if partition == 1, looks == 50 { batch.append(5, time: Timestamp(nanoseconds: 5_000_000_000)) }
            return .more
        }
    }
}

private struct Counts: Pipeline {
    static let abstract = "Counts of two instruments"
    static let counts = Collected<Counted<Int64>>()
    @Flag var patient = false

    var body: some Dataflow {
        Flow("counts") {
            From(Instruments()).idle(after: patient ? .seconds(3600) : .zero)
            KeyBy { (_: Int64) in Int64(0) }
            Tumbling(every: .seconds(10))
            Count()
            To(Self.counts)
        }
    }
}

@Suite("Replays by the journal from the command line", .serialized)
struct ReplayOfTests {
    private func counts<Command: AsyncParsableCommand>(
        _ command: Command.Type, _ folder: TestFolder, _ arguments: String...
    ) async throws -> [Int] {
        var command = try Command.parse(arguments + ["--log", folder("log"), "--quiet"])
        try await command.run()
        return Counts.counts.values.map(\.count)
    }

    @Test("replay --of repeats which partitions were idle in a run, by its number or the last one")
    func repeats() async throws {
        let folder = try TestFolder()
        let idle = [Int](repeating: 10, count: 10)
        let patient = [11] + idle.dropFirst()
        #expect(try await counts(RunCommand<Counts>.self, folder) == idle, "the event of the other partition is late")
        #expect(try await counts(RunCommand<Counts>.self, folder, "--patient") == patient)
        for batch in ["1", "4096"] {
            let first = try await counts(ReplayCommand<Counts>.self, folder, "--of", "1", "--batch-size", batch)
            #expect(first == idle)
            #expect(try await counts(ReplayCommand<Counts>.self, folder, "--of", "last") == patient)
        }
        await #expect(throws: EngineError.self) { try await counts(ReplayCommand<Counts>.self, folder, "--of", "7") }
        await #expect(throws: EngineError.self) { try await counts(ReplayCommand<Counts>.self, folder) }
        #expect(throws: (any Error).self) { try ReplayCommand<Counts>.parse(["--of", "first"]) }
        #expect(throws: (any Error).self) { try ReplayCommand<Counts>.parse(["--journal", "Counts"]) }
    }
}
