internal import ArgumentParser
internal import PenstockLog

/// `penstock group delete`.
struct GroupDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Forget a consumer group and its positions.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The group.") var name: String
    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let log = try await options.open()
        let positions = try await log.positions(of: name)
        try confirmation.ask(
            "forget the group \(name) and its \(TopicText.count(positions.partitions.count, "position"))?")
        try await log.deleteGroup(name)
        if options.json {
            try StandardOutput.shared.print(JSON.members(["deleted": .text(name)]).compact)
        } else {
            try StandardOutput.shared.print("deleted the group \(name)")
        }
    }
}
