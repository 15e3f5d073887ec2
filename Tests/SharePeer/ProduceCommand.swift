import Foundation
import Penstock
import PenstockBroker
import PenstockLog

/// Writes readings, the partition of each chosen by its station, whatever becomes of the broker. Says `sent N` when the first N are
/// acknowledged, now and then, and `done N` at the end, behind which nothing follows.
struct ProduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "produce", abstract: "Write readings.")
    /// How many are sent before it waits for all to be acknowledged.
    private static let stride = 100

    @Option(help: "The log.") var log: String
    @Option(help: "How many partitions there are.") var partitions = 4
    @Option(help: "How many readings, where it is not ended otherwise.") var count = Int.max
    @Option(help: "Ends when this file is there.") var until: String?
    @Option(help: "Milliseconds between each hundred.") var pause = 0

    func run() async throws {
        let producer = try await Producer<Reading>(
            Reading.topic,
            in: try await LogLocation(log).open(creating: true, client: "SharePeer", reachTimeout: .seconds(120)),
            creatingWith: TopicConfiguration(partitions: partitions),
            options: ProducerOptions(name: "stations", partitioner: .key, retry: RetryPolicy(attempts: 1_000)))
        var next = 0
        while next < count, !(until.map { FileManager.default.fileExists(atPath: $0) } ?? false) {
            let end = next + min(Self.stride, count - next)
            for number in next..<end {
                let (reading, time) = Reading.numbered(number)
                try await producer.send(reading, time: time, keyHash: KeyHash.of(reading.station))
            }
            try await producer.flush()
            next = end
            Self.say("sent \(next)")
            if pause > 0 { try await Task.sleep(for: .milliseconds(pause)) }
        }
        try await producer.endStream()
        try await producer.close()
        Self.say("done \(next)")
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
