internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

/// `penstock group describe`.
struct GroupDescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show the positions of a consumer group, how many records are still before it, and its members.",
        discussion: "Members are those of a broker; who consumes from a directory is known to its own process only.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The group.") var name: String

    func run() async throws {
        let log = try await options.open()
        let positions = try await log.positions(of: name)
        let members = try await log.members(of: name).members
        let known = try await log.topics()
        var lags: [GroupLag] = []
        var gone: [String] = []
        for topic in GroupMembers.topics(positions, members) {
            if known.contains(topic) {
                lags.append(GroupLag(positions, topic: try await log.describe(topic)))
            } else {
                gone.append(topic)
            }
        }
        if options.json {
            let topics = lags.map { JSON.members(["topic": .text($0.topic), "partitions": $0.json]) }
            try StandardOutput.shared.print(
                JSON.members([
                    "group": .text(name), "topics": .array(topics), "deleted_topics": .array(gone.map { .text($0) }),
                    "members": .array(members.map(GroupMembers.json)),
                ]).compact)
            return
        }
        if lags.isEmpty, gone.isEmpty {
            StandardError.write("the group \(name) has committed no positions\n")
        } else {
            try GroupLag.print(lags, naming: .topic)
            for topic in gone { try StandardOutput.shared.print("\(topic)  is deleted; the group has positions in it") }
        }
        if !members.isEmpty { try GroupMembers.print(members) }
    }
}
