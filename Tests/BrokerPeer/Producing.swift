import Foundation
import PenstockBroker
import PenstockEvents
import PenstockLog

/// A producer that appends to a partition, each record once, whatever becomes of the broker.
///
/// Says `session NEXT` when it has begun, or begun again, at that sequence; `OFFSET COUNT SEQUENCE` for what was acknowledged; `waits CODE`
/// where something failed that it tries again; `done NEXT` at the end.
struct Producing {
    private let location: String
    private let partition: TopicPartition
    private let name: Int
    private let batch: Int
    private let window: Int
    private let pause: Int
    private let byteCount: Int?
    private let count: Int
    private let until: String?
    private let durability: Durability
    /// Whether nobody else may write to the partition.
    private let isAlone: Bool
    /// Whether to end in the middle, with appends on their way and nothing closed.
    private let leaves: Bool

    /// For how long it goes on without anything being acknowledged.
    private static let patience = Duration.seconds(120)

    init(_ options: Options) {
        location = options.required("log")
        partition = TopicPartition(Load.topic, options.number("partition", 0))
        name = options.number("name", 1)
        batch = options.number("batch", 20)
        window = options.number("window", 8)
        pause = options.number("pause", 0)
        byteCount = options["bytes"].map { _ in options.number("bytes", 0) }
        count = options.number("count", .max)
        until = options["until"]
        durability = options["durability"].flatMap { Durability(rawValue: $0) } ?? .durable
        isAlone = options["alone"] == "true"
        leaves = options["leave"] == "true"
    }

    func run() async throws {
        let log = try await LogLocation(location).open(
            creating: false, client: "producer \(name)", reachTimeout: .seconds(120))
        _ = try await log.openTopic(
            Load.topic, schema: Load.schema,
            creatingWith: TopicConfiguration(partitions: 2, durability: durability, segmentBytes: 4 << 20))
        var lastSuccess = ContinuousClock.now
        var next: UInt64 = 0
        while !hasEnded(next) {
            do {
                try await session(log, &next) { lastSuccess = .now }
            } catch let error as LogError where Self.isPassing(error.code) {
                guard ContinuousClock.now - lastSuccess < Self.patience else { throw error }
                BrokerPeer.say("waits \(error.code.rawValue)")
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        BrokerPeer.say("done \(next)")
    }

    /// What the end of a connection, a full disk, or somebody else who still has the partition looks like.
    private static func isPassing(_ code: LogError.Code) -> Bool {
        switch code {
        case .unreachable, .timedOut, .closed, .partitionOwned, .noSpace, .storage, .sequenceGap: true
        default: false
        }
    }

    private func hasEnded(_ next: UInt64) -> Bool {
        next >= UInt64(count) || until.map { FileManager.default.fileExists(atPath: $0) } ?? false
    }

    private struct Sent {
        let append: PendingAppend
        let first: UInt64
    }

    private func session(_ log: any LogStore, _ next: inout UInt64, _ succeeded: () -> Void) async throws {
        let writer = isAlone ? try await log.writer(for: partition) : try await log.sharedWriter(for: partition)
        let session = try await writer.producer(named: "producer-\(name)")
        next = session.nextSequence
        BrokerPeer.say("session \(next)")
        var sent: [Sent] = []
        var end = next
        while !hasEnded(end) {
            let count = UInt64(min(batch, self.count - Int(end)))
            var records = RecordBatchBuilder(schemaID: Load.schema.id)
            for sequence in end..<end + count {
                records.append(
                    Load(producer: UInt64(name), sequence: sequence, byteCount: byteCount),
                    time: Timestamp(nanoseconds: Int64(sequence)))
            }
            sent.append(Sent(append: try await writer.submit(records, from: session.stamp(end)), first: end))
            end += count
            if leaves, !sent.isEmpty, end > 100 { exit(0) }
            if sent.count >= window {
                try await settle(sent.removeFirst(), &next)
                succeeded()
            }
            if pause > 0 { try await Task.sleep(for: .milliseconds(pause)) }
        }
        for one in sent { try await settle(one, &next) }
        try await writer.close()
    }

    private func settle(_ sent: Sent, _ next: inout UInt64) async throws {
        let acknowledged = try await sent.append.acknowledgement()
        next = sent.first + UInt64(acknowledged.count)
        BrokerPeer.say("\(acknowledged.firstOffset) \(acknowledged.count) \(sent.first)")
    }
}
