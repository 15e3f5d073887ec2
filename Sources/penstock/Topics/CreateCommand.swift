internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic create`.
struct CreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a topic, and the log where there is none.",
        discussion: "Example: penstock topic create readings --schema 'Reading@1 { sensor: u64; value: f64 (K) }'")

    @OptionGroup var log: LogOptions
    @Argument(help: "The topic's name: letters, digits, '.', '_' and '-'.") var name: String
    @Option(help: "What a record holds, as docs/schemas.md says.") var schema: String
    @Option(parsing: .unconditional, help: "The number of partitions, 1 to 4096.") var partitions = 1
    @OptionGroup var storage: StorageOptions
    @OptionGroup var retention: RetentionOptions
    @Option(
        name: .customLong("compaction-key"), help: "A field of the key: keep the last record of each key. Repeatable.")
    var compactionKey: [String] = []

    func run() async throws {
        let schema = try SchemaText.parse(schema)
        var configuration = TopicConfiguration(partitions: partitions, compactionKey: compactionKey)
        configuration.durability = storage.durability ?? configuration.durability
        configuration.segmentBytes = storage.segmentBytes ?? configuration.segmentBytes
        configuration.codec = storage.codec ?? configuration.codec
        configuration.retention = retention.applied(to: .everything)
        let topic = try await log.open(creating: true).createTopic(name, schema: schema, configuration: configuration)
        if log.json {
            try StandardOutput.shared.print(TopicText.json(topic).compact)
        } else {
            try StandardOutput.shared.print(
                "created \(topic.name) in \(log.path): \(TopicText.count(partitions, "partition")), "
                    + "\(configuration.durability.rawValue)")
        }
    }
}
