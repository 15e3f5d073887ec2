internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic describe`.
struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show a topic: schema, configuration, partitions, owners, consumer groups.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String

    func run() async throws {
        let log = try await options.open()
        let topic = try await log.describe(name)
        let owners = try await log.owners(of: name)
        let lags = try await GroupLag.all(in: log, topic: topic)
        if options.json {
            guard case .object(let members) = TopicText.json(topic, owners: owners) else { return }
            let groups = JSON.array(lags.map { .members(["group": .text($0.group), "partitions": $0.json]) })
            try StandardOutput.shared.print(JSON.object(members + [.init("groups", groups)]).compact)
        } else {
            try printText(topic, owners, lags)
        }
    }

    private func printText(
        _ topic: TopicDescription, _ owners: [PartitionOwner?], _ lags: [GroupLag]
    ) throws {
        let configuration = topic.configuration
        for (name, value) in [
            ("topic", topic.name), ("schema", "\(topic.schema)"), ("durability", configuration.durability.rawValue),
            ("keeps", TopicText.text(configuration)), ("codec", configuration.codec.rawValue),
            ("segments of", ByteCount.text(configuration.segmentBytes)),
        ] {
            try StandardOutput.shared.print(name + String(repeating: " ", count: 13 - name.count) + value)
        }
        try StandardOutput.shared.print("")
        var table = TextTable([
            .init("PARTITION", .right), .init("FIRST", .right), .init("NEXT", .right), .init("SIZE", .right),
            .init("SEGMENTS", .right), .init("LAST APPEND"), .init("EVENTS FROM"), .init("EVENTS TO"), .init("ENDED"),
            .init("WRITER"),
        ])
        for (partition, owner) in zip(topic.partitions, owners) {
            try table.add([
                "\(partition.number)", "\(partition.firstOffset)", "\(partition.nextOffset)",
                ByteCount.text(partition.byteCount), "\(partition.segments)", partition.lastAppendTime?.iso8601 ?? "-",
                partition.eventTimes?.lowerBound.iso8601 ?? "-", partition.eventTimes?.upperBound.iso8601 ?? "-",
                partition.isEnded.map { $0 ? "yes" : "no" } ?? "-",
                Self.text(owner),
            ])
        }
        try table.flush()
        guard !lags.isEmpty else { return }
        try StandardOutput.shared.print("")
        try GroupLag.print(lags, naming: .group)
    }

    private static func text(_ owner: PartitionOwner?) -> String {
        guard let owner else { return "-" }
        return "process \(owner.process.map { "\($0)" } ?? "unknown") on \(owner.host ?? "an unknown host")"
    }
}
