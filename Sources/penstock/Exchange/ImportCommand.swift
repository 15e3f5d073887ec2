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
    @Option(
        parsing: .unconditional, help: "The partitions of a new topic (default: as the file says, else 1).")
    var partitions: Int?
    @OptionGroup var storage: StorageOptions
    @Option(
        parsing: .unconditional,
        help: """
            Pass over the first records of the file, which are in the topic already: 1200, or for each partition 0:600,1:598. \
            An import that fails says what to write here.
            """,
        transform: FilePart.parse)
    var skip: FilePart = .whole(0)
    @Flag(help: "No progress bar.") var quiet = false

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
        let topic = try await self.topic(in: log, stream, reader)
        var appender = TopicAppender(topic, in: log)
        var progress = ImportProgress(skipping: skip)
        do {
            let mistake = try await copy(&reader, stream, topic, &progress, to: &appender)
            // What stands before a mistake is in the topic, all of it.
            try await appender.finish()
            let imported = try await appender.counts()
            let records = imported.values.reduce(0, +)
            guard progress.isBehindSkipped || mistake != nil else {
                throw CommandError(
                    .usage, "\(stream.name) has fewer records than --skip \(skip.text) passes over",
                    hint:
                        "check that it is the same file; \(TopicText.count(records, "record")) of it went into \(name)")
            }
            guard let mistake else { return try tell(records) }
            let standing = progress.standing(with: imported, isWhole: true)
            throw CommandError(
                mistake.category, mistake.summary, hint: hint(mistake, standing, "mend the file, and go on with"))
        } catch let error as LogError {
            let failure = await appender.giveUp(because: error)
            let imported = try? await appender.counts()
            let standing = imported.map { progress.standing(with: $0, isWhole: topic.partitions.count == 1) }
            throw CommandError(
                failure.category, "\(failure.summary); while importing \(stream.name)",
                hint: standing.map { hint(failure, $0, "go on with") } ?? failure.hint)
        }
    }

    /// Hands the entries of the file over.
    /// - Returns: what is wrong with the file.
    private func copy(
        _ reader: inout some ExchangeReader, _ stream: ByteStream, _ topic: TopicDescription,
        _ progress: inout ImportProgress, to appender: inout TopicAppender
    ) async throws -> CommandError? {
        let bar = ProgressBar(quiet: quiet)
        defer { bar.finish() }
        while true {
            do {
                guard let entry = try reader.next(topic.schema) else { break }
                guard topic.partitions.indices.contains(entry.partition) else {
                    throw ExchangeError(
                        "a record of partition \(entry.partition), but \(topic.name) has "
                            + TopicText.count(topic.partitions.count, "partition"))
                }
                if !progress.passesOver(entry.partition) { try await appender.append(entry) }
            } catch let error as ExchangeError {
                return CommandError(.data, "\(stream.name), \(reader.place): \(error.problem)", hint: error.hint)
            } catch let error as CommandError {
                return error
            }
            bar.show("importing \(topic.name)", done: stream.position, of: stream.byteCount)
        }
        return nil
    }

    private func hint(
        _ failure: some Diagnostic, _ standing: (records: Int, part: FilePart), _ advice: String
    ) -> String {
        let (records, part) = standing
        return (failure.hint.map { $0 + "; " } ?? "")
            + "\(TopicText.count(records, "record")) of the file \(records == 1 ? "is" : "are") in \(name)"
            + (part.isEmpty ? "" : ": \(advice) --skip \(part.text)")
    }

    /// The topic, created where it is not there.
    private func topic(
        in log: any LogStore, _ stream: ByteStream, _ reader: some ExchangeReader
    ) async throws -> TopicDescription {
        let told = try schema.map { try SchemaText.parse($0) } ?? reader.header?.schema
        guard let told else {
            do { return try await log.describe(name) } catch {
                guard error.code == .topicNotFound else { throw error }
                throw CommandError(
                    .usage,
                    "there is no topic \(name) in \(options.path), and the file does not tell what its records hold",
                    hint: "say --schema 'Reading@1 { sensor: u64; value: f64 (K) }', or create the topic first")
            }
        }
        // Before there is a topic that nobody wants.
        do { try reader.check(told) } catch let error as ExchangeError {
            throw CommandError(.data, "\(stream.name): \(error.problem)", hint: error.hint)
        }
        var configuration = TopicConfiguration(partitions: partitions ?? reader.header?.partitions ?? 1)
        configuration.durability = storage.durability ?? configuration.durability
        configuration.segmentBytes = storage.segmentBytes ?? configuration.segmentBytes
        configuration.codec = storage.codec ?? configuration.codec
        return try await log.openTopic(name, schema: told, creatingWith: configuration)
    }

    private func tell(_ records: Int) throws {
        if options.json {
            try StandardOutput.shared.print(
                JSON.members(["topic": .text(name), "file": .text(file), "records": .number(records)]).compact)
        } else {
            try StandardOutput.shared.print("imported \(TopicText.count(records, "record")) into \(name)")
        }
    }
}
