import PenstockCommands
import PenstockEvents
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

/// Numbers that go round a loop and get an answer that nobody gives twice.
private struct Rounds: Pipeline {
    static let abstract = "A loop with answers from outside"
    static let rows = Collected<Ticket>()
    static let tickets = Guarded<Int64>(0)
    @Flag var asCome = false

    struct Ticket: FixedEvent, Hashable {
        var number: Int64
        var ticket: Int64
        static let schema = Schema("Ticket", fields: [.init("number", .i64), .init("ticket", .i64)])
    }

    var body: some Dataflow {
        let steer = Feedback("steer", of: Ticket.self, rounds: asCome ? nil : 10)
        let tried = Flow("tried") {
            Merge(
                Flow("in") {
                    From(Instruments()); Map { (n: Int64) in Ticket(number: n, ticket: 0) }
                }, From(steer))
            MapAsync(answers: .recorded(in: "tickets")) { (t: Ticket) in
                Ticket(
                    number: t.number,
                    ticket: Self.tickets.withLock { next in
                        next += 1
                        return next
                    })
            }
        }
        Flow("rows") {
            tried
            To(Self.rows)
        }
        Flow("steer") {
            tried
            Filter { (t: Ticket) in t.number > 90 }
            Map { (t: Ticket) in Ticket(number: t.number - 30, ticket: t.ticket) }
            To(steer)
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

    private func rows<Command: AsyncParsableCommand>(
        _ command: Command.Type, _ folder: TestFolder, _ arguments: String...
    ) async throws -> [Rounds.Ticket] {
        var command = try Command.parse(arguments + ["--log", folder("log"), "--quiet"])
        try await command.run()
        return Rounds.rows.values
    }

    @Test("replay --of repeats loops and the answers from outside, in rounds and as they come")
    func loops() async throws {
        let folder = try TestFolder()
        let first = try await rows(RunCommand<Rounds>.self, folder)
        let second = try await rows(RunCommand<Rounds>.self, folder, "--as-come")
        #expect(first.count == 110 && second.count == 110 && first != second)
        let asked = Rounds.tickets.withLock { $0 }
        for batch in ["1", "4096"] {
            #expect(try await rows(ReplayCommand<Rounds>.self, folder, "--of", "1", "--batch-size", batch) == first)
            #expect(try await rows(ReplayCommand<Rounds>.self, folder, "--of", "2", "--as-come") == second)
        }
        #expect(Rounds.tickets.withLock { $0 } == asked, "a replay asks nobody")
        await #expect(throws: EngineError.self) { try await rows(ReplayCommand<Rounds>.self, folder) }
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
