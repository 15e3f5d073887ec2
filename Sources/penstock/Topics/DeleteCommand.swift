internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic delete`.
struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a topic with all its records.")

    @OptionGroup var deletion: Deletion
    @Argument(help: "The topic.") var name: String

    func run() async throws {
        let log = try await deletion.options.open()
        let records = try await TopicText.records(log.describe(name))
        try await deletion.run(
            name, what: name, asking: "delete \(name) with its \(TopicText.count(records, "record"))?"
        ) { try await log.deleteTopic(name) }
    }
}
