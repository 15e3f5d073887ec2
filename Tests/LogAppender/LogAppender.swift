import Foundation
import PenstockLog

/// A process beside the tests, for them to kill:
///
///     LogAppender append DIRECTORY SESSION SEED DURABILITY
///     LogAppender consume DIRECTORY TOPIC GROUP COUNT
@main
struct LogAppender {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        guard arguments.count == 5 else { refuse() }
        switch arguments[0] {
        case "append":
            guard let session = UInt64(arguments[2]), let seed = UInt64(arguments[3]),
                let durability = Durability(rawValue: arguments[4])
            else { refuse() }
            try await Appending(directory: arguments[1], session: session, seed: seed, durability: durability).run()
        case "consume":
            guard let count = UInt64(arguments[4]) else { refuse() }
            try await Consuming(
                directory: arguments[1], partition: TopicPartition(arguments[2]), group: arguments[3], count: count
            ).run()
        default: refuse()
        }
    }

    private static func refuse() -> Never {
        let usage = """
            usage: LogAppender append DIRECTORY SESSION SEED DURABILITY
                   LogAppender consume DIRECTORY TOPIC GROUP COUNT

            """
        FileHandle.standardError.write(Data(usage.utf8))
        exit(64)
    }
}
