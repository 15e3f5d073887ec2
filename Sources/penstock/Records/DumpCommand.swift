internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic dump`.
struct DumpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Print records, decoded by the topic's schema; with --json one object a line.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @OptionGroup var selection: RecordSelection
    @Option(
        parsing: .unconditional,
        help: "Where to begin: first (the default), last, an offset, or an event time such as 2026-11-21T05:30:00Z.",
        transform: StartPoint.parse)
    var from: StartPoint = .first
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Print this many records at most.") var count: Int?
    @OptionGroup var damage: DamageOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is \(count); print 1 record at least") }
    }

    func run() async throws {
        let log = try await options.open()
        let topic = try await log.describe(name)
        var printer = try selection.printer(for: topic, json: options.json)
        var left = count ?? .max
        let damages = DamageReport(damage)
        for partition in try selection.partitions(of: topic) where left > 0 {
            let reader = try await from.reader(of: partition, in: log)
            let entries = EntrySequence(reader, damages)
            do {
                try await print(entries, partition, &printer, &left)
            } catch {
                try printer.flush()
                throw error
            }
            await entries.close()
        }
        try printer.flush()
        try damages.end()
    }

    private func print(
        _ entries: EntrySequence, _ partition: TopicPartition, _ printer: inout RecordPrinter, _ left: inout Int
    ) async throws {
        while left > 0, let entry = try await entries.next() {
            switch entry {
            case .records(let records):
                let taken = min(left, records.count)
                try printer.print(records, 0..<taken, partition: partition)
                left -= taken
            case .control(let record, let offset):
                try printer.print(record, offset: offset, partition: partition)
                left -= 1
            }
        }
    }
}

/// Which records are shown, and what of them.
struct RecordSelection: ParsableArguments {
    @Option(name: .shortAndLong, parsing: .unconditional, help: "One partition only.") var partition: Int?
    @Option(help: "The fields to show, separated by commas (default: all).") var fields: String?
    @Option(help: "What to show of payloads: none, length or hex (default: length).") var payload: PayloadStyle?

    func printer(for topic: TopicDescription, json: Bool) throws -> RecordPrinter {
        let names = fields?.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
        return try RecordPrinter(topic, fields: names, payload: payload, json: json)
    }

    /// The partitions that are meant, in order.
    func partitions(of topic: TopicDescription) throws -> [TopicPartition] {
        guard let partition else { return topic.partitions.map { TopicPartition(topic.name, $0.number) } }
        guard topic.partitions.indices.contains(partition) else {
            throw LogError(
                .partitionNotFound, "topic \(topic.name) has no partition \(partition)",
                hint: "its partitions are 0 to \(topic.partitions.count - 1)")
        }
        return [TopicPartition(topic.name, partition)]
    }
}
