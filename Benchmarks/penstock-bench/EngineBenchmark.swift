import ArgumentParser
import EventQueries
import Penstock
import PenstockBenchmarks

/// The engine on a small job, beside the same job as a loop in Swift and in C.
struct EngineBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "A query or a job of the engine beside its floor.",
        discussion: """
            --query: a query of the event benchmark, beside making its events alone in the same run. Processor time of \
            the whole process, the making of the events included, for a million of them.

            tumbling-sum: 24-byte events are made, mapped, filtered (three of four stay), keyed, and summed in windows \
            of a second of event time, a million events each. The flow, once as one actor and once as two, the loop in Swift and the loop in C must give the \
            same sums bit for bit. Processor time of the whole process for the flow, all threads; the best of the rounds.
            """)

    enum Job: String, ExpressibleByArgument, CaseIterable {
        case tumblingSum = "tumbling-sum"
    }

    @Option(help: "The query, instead of a job.") var query: Query?
    @Flag(help: "Print the names of the queries and do nothing else.") var listQueries = false
    @Option(help: "The seed of a query's events.") var seed: UInt64 = 7
    @Option(help: "Source partitions and instances of keyed stages of a query.") var parallelism = 1
    @Option(
        help: ArgumentHelp(
            "Kill the run when it has read this share of the events, and go on from its last checkpoint on disk.",
            valueName: "share"))
    var killAt: Double?
    @Option(help: .hidden) var dieIn: String?
    @Option(help: "A file of expected totals; other rows than these give exit status 65.") var check: String?
    @Option(help: "The job.") var job = Job.tumblingSum
    @Option(help: "Different keys of a job.") var keys: UInt64 = 1024
    @Option(help: "Events: by default 20 million of a job, 2 million of a query.") var events: Int?
    @Option(name: [.customLong("batch"), .customLong("batch-size")], help: "The most events of a batch.")
    var batchSize = RunOptions.defaultBatchEvents
    @Option(help: "Rounds of a job, in which the ways to do it take turns.") var rounds = 3
    @Flag(help: "Do a job as a flow once and nothing else, for programs that count what it executes.") var flowOnly =
        false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard keys > 0, events ?? 1 > 0, rounds > 0 else { throw ValidationError("all sizes must be positive") }
        guard query != nil || (check == nil && killAt == nil) else {
            throw ValidationError("--check and --kill-at need a --query")
        }
        if let killAt, !(killAt > 0 && killAt < 1) { throw ValidationError("--kill-at takes a share between 0 and 1") }
    }

    func run() async throws {
        if listQueries {
            print(Query.allCases.map(\.rawValue).joined(separator: " "))
        } else if let query {
            let input = QueryInput(
                events: events ?? 2_000_000, seed: seed, partitions: parallelism, batchEvents: batchSize)
            if let killAt, let dieIn {
                try await KilledQuery(query: query, input: input, share: killAt).die(in: dieIn)
            } else {
                try await QueryBenchmark(query: query, input: input, expectedTotals: check, killAt: killAt).run(
                    json: json)
            }
        } else {
            try await runJob(events: events ?? 20_000_000)
        }
    }

    private func runJob(events: Int) async throws {
        if flowOnly {
            let flow = try await tumblingSumByFlow(events: events, keys: keys, batchEvents: batchSize)
            var figures = FigureList()
            figures.add("events", Double(events))
            figures.add("cpu_ns_per_event", flow.cpuNanosecondsPerEvent)
            return figures.print(json: json)
        }
        var flow = Double.infinity
        var twoActors = Double.infinity
        var loop = Double.infinity
        var c = Double.infinity
        for _ in 0..<rounds {
            let byLoop = tumblingSumByLoop(events: events, keys: keys)
            let byFlow = try await tumblingSumByFlow(events: events, keys: keys, batchEvents: batchSize)
            let byTwoActors = try await tumblingSumByFlow(
                events: events, keys: keys, batchEvents: batchSize, twoActors: true)
            let byC = try tumblingSumByC(events: events, keys: keys)
            guard byFlow.checksum == byLoop.checksum, byTwoActors.checksum == byLoop.checksum,
                byC.map({ $0.checksum == byLoop.checksum }) ?? true
            else {
                throw ResultsDiffer(
                    description: "the results differ: flow \(byFlow), loop \(byLoop), C \(String(describing: byC))")
            }
            flow = min(flow, byFlow.cpuNanosecondsPerEvent)
            twoActors = min(twoActors, byTwoActors.cpuNanosecondsPerEvent)
            loop = min(loop, byLoop.cpuNanosecondsPerEvent)
            c = min(c, byC?.cpuNanosecondsPerEvent ?? .infinity)
        }
        var figures = FigureList()
        figures.add("events", Double(events))
        figures.add("keys", Double(keys))
        figures.add("cpu_ns_per_event", flow)
        figures.add("two_actors_cpu_ns_per_event", twoActors)
        figures.add("loop_cpu_ns_per_event", loop)
        figures.add("c_loop_cpu_ns_per_event", c)
        figures.add("ratio", flow / loop)
        figures.add("two_actors_ratio", twoActors / loop)
        figures.add("loop_to_c_ratio", loop / c)
        figures.print(json: json)
    }
}

/// The ways to do a job gave different results: none of the figures means anything.
private struct ResultsDiffer: Error, CustomStringConvertible {
    let description: String
}
