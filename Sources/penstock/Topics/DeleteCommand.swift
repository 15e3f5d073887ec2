internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic delete`.
struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a topic with all its records.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let log = try await options.open()
        let topic = try await log.describe(name)
        try confirmation.ask("delete \(name) with its \(TopicText.count(TopicText.records(topic), "record"))?")
        try await log.deleteTopic(name)
        if options.json {
            try StandardOutput.shared.print(JSON.members(["deleted": .text(name)]).compact)
        } else {
            try StandardOutput.shared.print("deleted \(name)")
        }
    }
}
