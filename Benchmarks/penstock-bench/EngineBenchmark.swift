import ArgumentParser
import Penstock

/// The engine on a small job, beside the same job as a loop in Swift and in C.
struct EngineBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "A job of the engine beside the same job as a hand-written loop.",
        discussion: """
            tumbling-sum: 24-byte events are made, mapped, filtered (three of four stay), keyed, and summed in windows \
            of a second of event time, a million events each. The flow, the loop in Swift and the loop in C must give the \
            same sums bit for bit. Processor time of the whole process for the flow, all threads; the best of the rounds.
            """)

    enum Job: String, ExpressibleByArgument, CaseIterable {
        case tumblingSum = "tumbling-sum"
    }

    @Option(help: "The job.") var job = Job.tumblingSum
    @Option(help: "Different keys.") var keys: UInt64 = 1024
    @Option(help: "Events.") var events = 20_000_000
    @Option(help: "The most events of a batch.") var batchSize = RunOptions.defaultBatchEvents
    @Option(help: "Rounds, in which the three take turns.") var rounds = 3
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard keys > 0, events > 0, rounds > 0 else { throw ValidationError("all sizes must be positive") }
    }

    func run() async throws {
        var flow = Double.infinity
        var loop = Double.infinity
        var c = Double.infinity
        for _ in 0..<rounds {
            let byLoop = tumblingSumByLoop(events: events, keys: keys)
            let byFlow = try await tumblingSumByFlow(events: events, keys: keys, batchEvents: batchSize)
            let byC = try tumblingSumByC(events: events, keys: keys)
            guard byFlow.checksum == byLoop.checksum, byC.map({ $0.checksum == byLoop.checksum }) ?? true else {
                throw ResultsDiffer(
                    description: "the results differ: flow \(byFlow), loop \(byLoop), C \(String(describing: byC))")
            }
            flow = min(flow, byFlow.cpuNanosecondsPerEvent)
            loop = min(loop, byLoop.cpuNanosecondsPerEvent)
            c = min(c, byC?.cpuNanosecondsPerEvent ?? .infinity)
        }
        var figures = FigureList()
        figures.add("events", Double(events))
        figures.add("keys", Double(keys))
        figures.add("cpu_ns_per_event", flow)
        figures.add("loop_cpu_ns_per_event", loop)
        figures.add("c_loop_cpu_ns_per_event", c)
        figures.add("ratio", flow / loop)
        figures.add("loop_to_c_ratio", loop / c)
        figures.print(json: json)
    }
}

/// The ways to do a job gave different results: none of the figures means anything.
private struct ResultsDiffer: Error, CustomStringConvertible {
    let description: String
}
