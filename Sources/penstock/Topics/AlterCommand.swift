internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic alter`.
struct AlterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter", abstract: "Change when records of a topic may go, and how new ones are stored.",
        discussion: "What is not named stays. Partitions, schema and compaction key are for the life of a topic.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @OptionGroup var storage: StorageOptions
    @OptionGroup var retention: RetentionOptions
    @Flag(name: .customLong("keep-everything"), help: "Drop nothing any more, beside what the other options say.")
    var keepsEverything = false

    func run() async throws {
        let isNothing =
            storage.durability == nil && storage.segmentBytes == nil && storage.codec == nil && retention.isEmpty
            && !keepsEverything
        guard !isNothing else {
            throw CommandError(
                .usage, "nothing to change about \(name)",
                hint: "say for example --retention-age 7d or --keep-everything; --help lists what can be changed")
        }
        let log = try await options.open()
        let current = try await log.describe(name)
        var change = TopicChange(
            durability: storage.durability, segmentBytes: storage.segmentBytes, codec: storage.codec)
        if keepsEverything || !retention.isEmpty {
            change.retention = retention.applied(
                to: keepsEverything ? .everything : current.configuration.retention)
        }
        let topic = try await log.alterTopic(name, change)
        if options.json {
            try StandardOutput.shared.print(TopicText.json(topic).compact)
        } else {
            let configuration = topic.configuration
            try StandardOutput.shared.print(
                "altered \(name): \(configuration.durability.rawValue), keeps \(TopicText.text(configuration)), "
                    + "segments of \(ByteCount.text(configuration.segmentBytes)), codec \(configuration.codec.rawValue)"
            )
        }
    }
}
