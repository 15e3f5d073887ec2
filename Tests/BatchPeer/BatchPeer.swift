import Foundation
import Penstock
import PenstockLog

/// A pipeline whose work is shared: each sample keeps the one device of a node busy for some time. Its verb `fill` makes the samples.
@main
struct BatchPeer: Pipeline {
    static let abstract = "Samples that a device is busy with."
    static let verbs: [any ParsableCommand.Type] = [FillCommand.self]

    @Option(help: "For how many milliseconds a sample keeps the device busy.") var busy = 10

    var body: some Dataflow {
        let microseconds = UInt32(busy * 1000)
        Flow("measured") {
            From(Topic<Sample>(Sample.topic), disorder: .ascending)
            Map { (sample: Sample) in
                Device.use(for: microseconds)
                return Sample(number: sample.number, value: sample.value * sample.value)
            }
            To(Topic<Sample>("measured"))
        }
    }
}

/// What every process has one of, as a node has one detector, or one core in this test.
enum Device {
    private static let lock = NSLock()

    static func use(for microseconds: UInt32) { lock.withLock { _ = usleep(microseconds) } }
}

struct Sample: FixedEvent {
    static let topic = "samples"
    static let schema = Schema("Sample", fields: [.init("number", .i64), .init("value", .i64)])

    let number: Int64
    let value: Int64
}

struct FillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "fill", abstract: "Make samples.")

    @Option(help: "The log.") var log: String
    @Option(help: "How many in each partition.") var count = 100
    @Option(help: "How many partitions there are.") var partitions = 6

    func run() async throws {
        let log = try await EmbeddedLog(directory: log, creating: true)
        let producer = try await Producer<Sample>(
            Sample.topic, in: log, creatingWith: TopicConfiguration(partitions: partitions),
            options: ProducerOptions(partitioner: .roundRobin))
        for number in 0..<count * partitions {
            try await producer.send(
                Sample(number: Int64(number), value: Int64(number % 97)),
                time: Timestamp(nanoseconds: Int64(number) * 1_000_000))
        }
        try await producer.endStream()
        try await producer.close()
    }
}
