import Foundation
import PenstockLog

/// Owns a consumer group: reads a partition from where the group stands, commits once behind so many records, tells its standard
/// output `committed OFFSET`, reads on to the end without another commit, and stays until it is killed.
struct Consuming {
    let directory: String
    let partition: TopicPartition
    let group: String
    let count: UInt64

    func run() async throws {
        let log = try await EmbeddedLog(directory: directory, creating: false)
        let group = try await log.group(group)
        let reader = try await log.reader(for: partition, from: await group.positions.start(in: partition))
        let end = await reader.position + count
        while await reader.position < end, try await reader.next() != nil {}
        let position = await reader.position
        try await group.commit([partition: position])
        while try await reader.next() != nil {}
        FileHandle.standardOutput.write(Data("committed \(position)\n".utf8))
        while true { try await reader.waitForMore() }
    }
}
