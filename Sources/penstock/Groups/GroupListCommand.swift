internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

/// `penstock group list`.
struct GroupListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the consumer groups, their members' number, and the topics that they consume.")

    @OptionGroup var options: LogOptions

    func run() async throws {
        let log = try await options.open()
        var rows: [(group: String, topics: [String], members: Int)] = []
        for group in try await log.groups() {
            let members = try await log.members(of: group).members
            let topics = GroupMembers.topics(try await log.positions(of: group), members)
            rows.append((group, topics, members.count))
        }
        if options.json {
            let groups = rows.map { row in
                JSON.members([
                    "group": .text(row.group), "topics": .array(row.topics.map { .text($0) }),
                    "members": .number(row.members),
                ])
            }
            try StandardOutput.shared.print(JSON.members(["groups": .array(groups)]).compact)
        } else if rows.isEmpty {
            StandardError.write("no consumer groups in \(options.path)\n")
        } else {
            var table = TextTable([.init("GROUP"), .init("MEMBERS", .right), .init("TOPICS")])
            for row in rows { try table.add([row.group, "\(row.members)", row.topics.joined(separator: ", ")]) }
            try table.flush()
        }
    }
}
