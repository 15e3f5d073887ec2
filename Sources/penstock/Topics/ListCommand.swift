internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the topics: partitions, records, bytes, schema.")

    @OptionGroup var options: LogOptions

    func run() async throws {
        let log = try await options.open()
        var rows: [[String]] = []
        var documents: [JSON] = []
        var isDamaged = false
        for name in try await log.topics() {
            do {
                let topic = try await log.describe(name)
                documents.append(TopicText.json(topic))
                rows.append([
                    name, "\(topic.configuration.partitions)", "\(TopicText.records(topic))",
                    ByteCount.text(TopicText.bytes(topic)), "\(topic.schema)",
                ])
            } catch {
                guard [.damaged, .newerFormat, .foreignByteOrder].contains(error.code) else { throw error }
                // The others are still worth listing.
                isDamaged = true
                FailureReport(error)?.print()
                documents.append(.members(["name": .text(name), "error": .text(error.summary)]))
                rows.append([name, "?", "?", "?", "unreadable; see penstock topic verify \(name)"])
            }
        }
        if options.json {
            try StandardOutput.shared.print(JSON.members(["topics": .array(documents)]).compact)
        } else if rows.isEmpty {
            StandardError.write("no topics in \(options.path)\n")
        } else {
            var table = TextTable([
                .init("TOPIC"), .init("PARTITIONS", .right), .init("RECORDS", .right), .init("SIZE", .right),
                .init("SCHEMA"),
            ])
            for row in rows { try table.add(row) }
            try table.flush()
        }
        if isDamaged { throw ExitCode(FailureCategory.data.rawValue) }
    }
}
