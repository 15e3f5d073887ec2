internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

extension CSVTimes: ExpressibleByArgument {}

/// `penstock topic export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a topic to a file.",
        discussion: """
            csv holds times and attributes; jsonl and penstock hold everything: times, key hashes, attributes, payloads and \
            control records. The file appears under its name when it is complete.
            """)

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @Argument(help: "The file, or - for standard output.") var file: String
    @Option(help: "csv, jsonl or penstock (default: as the file's name ends).") var format: ExchangeFormat?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "One partition only.") var partition: Int?
    @Option(help: "Times in csv: iso or ns.") var times: CSVTimes = .iso
    @Flag(help: "Replace the file where it is there.") var overwrite = false
    @OptionGroup var damage: DamageOptions
    @Flag(help: "No progress bar.") var quiet = false

    func run() async throws {
        let format = try ExchangeFormat.named(file, format)
        let log = try await options.open()
        let topic = try await log.describe(name)
        var selection = RecordSelection()
        selection.partition = partition
        let partitions = try selection.partitions(of: topic)
        let header = ExchangeHeader(topic: name, schema: topic.schema, partitions: topic.configuration.partitions)
        let output = try OutputFile(file, overwrite: overwrite)
        do {
            let damages = DamageReport(damage)
            let (records, leftOut) = try await export(header, topic, partitions, log, format, damages, to: output)
            try output.finish()
            try tell(records, leftOut, format)
            try damages.end()
        } catch {
            output.abandon()
            throw error
        }
    }

    private func export(
        _ header: ExchangeHeader, _ topic: TopicDescription, _ partitions: [TopicPartition], _ log: any LogStore,
        _ format: ExchangeFormat, _ damages: DamageReport, to output: OutputFile
    ) async throws -> (records: Int, leftOut: Int) {
        switch format {
        case .csv:
            var table = CSVTableWriter(header, to: output, times: times)
            let records = try await copy(topic, partitions, log, damages, to: &table)
            return (records, table.leftOut)
        case .jsonl:
            var lines = JSONLinesWriter(header, to: output)
            return (try await copy(topic, partitions, log, damages, to: &lines), 0)
        case .penstock:
            var stream = BinaryStreamWriter(header, to: output)
            return (try await copy(topic, partitions, log, damages, to: &stream), 0)
        }
    }

    /// Copies what is committed now.
    private func copy(
        _ topic: TopicDescription, _ partitions: [TopicPartition], _ log: any LogStore,
        _ damages: DamageReport, to writer: inout some ExchangeWriter
    ) async throws -> Int {
        let bar = ProgressBar(quiet: quiet, unit: .records)
        defer { bar.finish() }
        let total = partitions.reduce(0) { sum, partition in
            let known = topic.partitions[partition.partition]
            return sum + Int(known.nextOffset - known.firstOffset)
        }
        var done = 0
        try writer.begin()
        for partition in partitions {
            let end = topic.partitions[partition.partition].nextOffset
            let reader = try await log.reader(for: partition, from: .earliest)
            let entries = EntrySequence(reader, damages)
            while await reader.position < end, let entry = try await entries.next() {
                switch entry {
                case .records(let records):
                    try writer.write(records, partition: partition.partition)
                    done += records.count
                case .control(let record, _):
                    try writer.write(record, partition: partition.partition)
                    done += 1
                }
                bar.show("exporting \(topic.name)", done: done, of: total)
            }
            await reader.close()
        }
        try writer.end()
        return done
    }

    private func tell(_ records: Int, _ leftOut: Int, _ format: ExchangeFormat) throws {
        if leftOut > 0 {
            StandardError.write(
                "warning: \(TopicText.count(leftOut, "payload or control record", plural: "payloads and control records")) "
                    + "left out, which csv cannot hold; jsonl and penstock can\n")
        }
        guard file != "-" else { return }
        if options.json {
            try StandardOutput.shared.print(
                JSON.members([
                    "topic": .text(name), "file": .text(file), "format": .text(format.rawValue),
                    "records": .number(records), "left_out": .number(leftOut),
                ]).compact)
        } else {
            try StandardOutput.shared.print("exported \(TopicText.count(records, "record")) of \(name) to \(file)")
        }
    }
}
