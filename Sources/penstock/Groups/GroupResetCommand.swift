internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock group reset`.
struct GroupResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Set where a consumer group goes on; makes the group where it is not there.",
        discussion:
            "Only while no consumer of the group runs. `last` is the end: the group goes on with what comes next.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The group.") var name: String
    @Option(help: "The topic.") var topic: String
    @Option(name: .shortAndLong, parsing: .unconditional, help: "One partition only.") var partition: Int?
    @Option(
        parsing: .unconditional,
        help: "Where to go on: first, last, an offset, or an event time such as 2026-11-21T05:30:00Z.",
        transform: StartPoint.parse)
    var to: StartPoint

    func run() async throws {
        let log = try await options.open()
        let description = try await log.describe(topic)
        var selection = RecordSelection()
        selection.partition = partition
        var offsets: [TopicPartition: UInt64] = [:]
        for partition in try selection.partitions(of: description) {
            let known = description.partitions[partition.partition]
            switch to {
            case .first: offsets[partition] = known.firstOffset
            case .last: offsets[partition] = known.nextOffset
            case .offset, .time:
                let reader = try await to.reader(of: partition, in: log)
                offsets[partition] = await reader.position
                await reader.close()
            }
        }
        let group = try await log.group(name)
        try await group.commit(offsets)
        let positions = await group.positions
        try await group.close()
        let lag = GroupLag(positions, topic: description)
        if options.json {
            try StandardOutput.shared.print(
                JSON.members(["group": .text(name), "topic": .text(topic), "partitions": lag.json]).compact)
        } else {
            try GroupLag.print([lag], naming: .topic)
        }
    }
}
