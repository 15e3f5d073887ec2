internal import ArgumentParser
internal import PenstockLog

/// `penstock group delete`.
struct GroupDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Forget a consumer group and its positions.")

    @OptionGroup var deletion: Deletion
    @Argument(help: "The group.") var name: String

    func run() async throws {
        let log = try await deletion.options.open()
        let positions = try await log.positions(of: name).partitions.count
        try await deletion.run(
            name, what: "the group \(name)",
            asking: "forget the group \(name) and its \(TopicText.count(positions, "position"))?"
        ) { try await log.deleteGroup(name) }
    }
}
