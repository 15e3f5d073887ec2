import Dispatch
import Foundation
import PenstockEvents
import PenstockLog

/// A process beside the tests, for them to kill or to starve:
///
///     LogAppender append DIRECTORY SESSION SEED DURABILITY [BATCHES]
///     LogAppender consume DIRECTORY TOPIC GROUP COUNT
@main
struct LogAppender {
    // Not asynchronous: what is checked first has to come before the first task.
    static func main() {
        do { try DescriptorReserve.check("run LogAppender") } catch { end(telling: error) }
        Task { await run() }
        dispatchMain()
    }

    private static func run() async -> Never {
        do {
            try await perform(CommandLine.arguments.dropFirst().map { $0 })
        } catch {
            end(telling: error)
        }
        exit(0)
    }

    private static func perform(_ arguments: [String]) async throws {
        guard (5...6).contains(arguments.count) else { refuse() }
        switch arguments[0] {
        case "append":
            guard let session = UInt64(arguments[2]), let seed = UInt64(arguments[3]),
                let durability = Durability(rawValue: arguments[4])
            else { refuse() }
            let batches = arguments.count == 6 ? Int(arguments[5]) : .max
            guard let batches else { refuse() }
            try await Appending(
                directory: arguments[1], session: session, seed: seed, durability: durability, batches: batches
            ).run()
        case "consume":
            guard arguments.count == 5, let count = UInt64(arguments[4]) else { refuse() }
            try await Consuming(
                directory: arguments[1], partition: TopicPartition(arguments[2]), group: arguments[3], count: count
            ).run()
        default: refuse()
        }
    }

    private static func end(telling error: any Error) -> Never {
        guard let error = error as? any Diagnostic else { fatalError("\(error)") }
        FileHandle.standardError.write(Data("error: \(error.summary)\nhint: \(error.hint ?? "")\n".utf8))
        exit(error.category.rawValue)
    }

    private static func refuse() -> Never {
        let usage = """
            usage: LogAppender append DIRECTORY SESSION SEED DURABILITY [BATCHES]
                   LogAppender consume DIRECTORY TOPIC GROUP COUNT

            """
        FileHandle.standardError.write(Data(usage.utf8))
        exit(64)
    }
}
