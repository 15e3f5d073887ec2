internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Append the records of a file to a topic.",
        discussion: """
            The topic is created where it is not there, by what the file says of it; for csv, which says nothing, by --schema. \
            Offsets are given anew.
            """)

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @Argument(help: "The file, or - for standard input.") var file: String
    @Option(help: "csv, jsonl or penstock (default: as the file's name ends).") var format: ExchangeFormat?
    @Option(help: "The schema of a new topic, where the file does not tell it.") var schema: String?
    @Option(help: "The partitions of a new topic (default: as the file says, else 1).") var partitions: Int?
    @OptionGroup var storage: StorageOptions
    @Flag(help: "No progress bar, and no line at the end.") var quiet = false

    func run() async throws {
        let format = try ExchangeFormat.named(file, format)
        let stream = try ByteStream(file)
        switch format {
        case .csv: try await load(stream) { try CSVTableReader($0) }
        case .jsonl: try await load(stream) { try JSONLinesReader($0) }
        case .penstock: try await load(stream) { try BinaryStreamReader($0) }
        }
    }

    private func load<Reader: ExchangeReader>(
        _ stream: ByteStream, _ open: (ByteStream) throws -> Reader
    ) async throws {
        var reader: Reader
        do { reader = try open(stream) } catch let error as ExchangeError {
            throw CommandError(.data, "\(stream.name): \(error.problem)", hint: error.hint)
        }
        let log = try await options.open(creating: true)
        let topic = try await self.topic(in: log, reader.header)
        var appender = TopicAppender(topic, in: log)
        do {
            try await copy(&reader, stream, topic, to: &appender)
            try await appender.finish()
        } catch let error as ExchangeError {
            // What stands before the mistake is in the topic, all of it.
            try await appender.finish()
            let records = appender.acknowledged
            throw CommandError(
                .data, "\(stream.name), \(reader.place): \(error.problem)",
                hint: (error.hint.map { $0 + "; " } ?? "")
                    + "\(TopicText.count(records, "record")) before it \(records == 1 ? "is" : "are") in \(name)")
        } catch let error as LogError {
            await appender.giveUp()
            let records = appender.acknowledged
            throw CommandError(
                error.category, "\(error.summary); while importing \(stream.name)",
                hint: (error.hint.map { $0 + "; " } ?? "")
                    + "\(TopicText.count(records, "record")) of the file \(records == 1 ? "is" : "are") in \(name)")
        }
        try tell(appender.acknowledged)
    }

    private func copy(
        _ reader: inout some ExchangeReader, _ stream: ByteStream, _ topic: TopicDescription,
        to appender: inout TopicAppender
    ) async throws {
        let bar = ProgressBar(quiet: quiet)
        defer { bar.finish() }
        while let entry = try reader.next(topic.schema) {
            let partition =
                switch entry {
                case .record(let record): record.partition
                case .control(_, let partition): partition
                }
            guard topic.partitions.indices.contains(partition) else {
                throw ExchangeError(
                    "a record of partition \(partition), but \(topic.name) has "
                        + TopicText.count(topic.partitions.count, "partition"))
            }
            try await appender.append(entry)
            bar.show("importing \(topic.name)", done: stream.position, of: stream.byteCount)
        }
    }

    /// The topic, created where it is not there.
    private func topic(in log: EmbeddedLog, _ header: ExchangeHeader?) async throws -> TopicDescription {
        let told = try schema.map { try SchemaText.parse($0) } ?? header?.schema
        guard let told else {
            do { return try await log.describe(name) } catch {
                guard error.code == .topicNotFound else { throw error }
                throw CommandError(
                    .usage,
                    "there is no topic \(name) in \(options.path), and the file does not tell what its records hold",
                    hint: "say --schema 'Reading@1 { sensor: u64; value: f64 (K) }', or create the topic first")
            }
        }
        var configuration = TopicConfiguration(partitions: partitions ?? header?.partitions ?? 1)
        configuration.durability = storage.durability ?? configuration.durability
        configuration.segmentBytes = storage.segmentBytes ?? configuration.segmentBytes
        configuration.codec = storage.codec ?? configuration.codec
        return try await log.openTopic(name, schema: told, creatingWith: configuration)
    }

    private func tell(_ records: Int) throws {
        if options.json {
            try StandardOutput.shared.print(
                JSON.members(["topic": .text(name), "file": .text(file), "records": .number(records)]).compact)
        } else if !quiet {
            try StandardOutput.shared.print("imported \(TopicText.count(records, "record")) into \(name)")
        }
    }
}
