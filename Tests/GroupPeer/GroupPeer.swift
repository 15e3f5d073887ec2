import Foundation
import PenstockBroker
import PenstockLog

/// A process that consumes as a member of a group, and that a test may kill.
///
/// `GroupPeer LOG GROUP TOPIC` says `ready` when it is a member, `read PARTITION FIRST END` for what it was given,
/// `committed PARTITION FIRST END` behind that, and `ended` when its streams have ended and it has left.
@main
struct GroupPeer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            print("usage: GroupPeer LOG GROUP TOPIC")
            exit(64)
        }
        let log = try await LogLocation(arguments[1]).open(creating: false, client: "peer")
        let consumer = try await RecordConsumer(
            topics: [arguments[3]], in: log, group: arguments[2],
            options: ConsumerOptions(commits: .manual, prefetchBytes: 1 << 16, sessionTimeout: .zero))
        say("ready")
        while let delivery = try await consumer.next() {
            let what = "\(delivery.partition.partition) \(delivery.offsets.lowerBound) \(delivery.offsets.upperBound)"
            say("read \(what)")
            do throws(LogError) {
                try await consumer.commit([delivery.partition: delivery.offsets.upperBound])
                say("committed \(what)")
            } catch {
                guard error.code == .producerFenced || error.code == .partitionNotFound else { throw error }
                say("lost \(what)")
            }
        }
        try await consumer.close()
        say("ended")
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
