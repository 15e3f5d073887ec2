internal import ArgumentParser
internal import PenstockBroker
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

/// `penstock cluster status`.
struct ClusterStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the brokers of a log, and which of them has which partitions and groups.",
        discussion: """
            A partition is a broker's while somebody writes to it; what nobody writes to is nobody's, and any broker tells where it is read. \
            The epoch is the number of the ownership: it rises with every change of hands.
            """)

    @OptionGroup var options: LogOptions

    func run() async throws {
        guard let log = try await options.open() as? RemoteLog else {
            throw CommandError(
                .usage, "\(options.path) is a directory, and this command asks brokers",
                hint: "name one of them: --log penstock://HOST:PORT")
        }
        let cluster = try await log.cluster()
        if options.json {
            try StandardOutput.shared.print(Self.json(cluster).compact)
        } else {
            try Self.print(cluster)
        }
    }

    private static func json(_ cluster: ClusterDescription) -> JSON {
        let brokers = cluster.brokers.map { broker in
            var partitions: [JSON] = []
            var groups: [JSON] = []
            for possession in cluster.possessions where possession.owner == broker.name {
                let epoch = JSON.number(possession.epoch)
                switch possession.subject {
                case .partition(let partition):
                    partitions.append(
                        .members([
                            "topic": .text(partition.topic), "partition": .number(partition.partition), "epoch": epoch,
                        ]))
                case .group(let group): groups.append(.members(["group": .text(group), "epoch": epoch]))
                }
            }
            return JSON.members([
                "broker": .text(broker.name), "address": .text(broker.address), "partitions": .array(partitions),
                "groups": .array(groups),
            ])
        }
        return .members(["brokers": .array(brokers)])
    }

    private static func print(_ cluster: ClusterDescription) throws {
        var brokers = TextTable([
            .init("BROKER"), .init("ADDRESS"), .init("PARTITIONS", .right), .init("GROUPS", .right),
        ])
        for broker in cluster.brokers {
            let own = cluster.possessions.filter { $0.owner == broker.name }
            let groups = own.count { if case .group = $0.subject { true } else { false } }
            try brokers.add([broker.name, broker.address, "\(own.count - groups)", "\(groups)"])
        }
        try brokers.flush()
        guard !cluster.possessions.isEmpty else { return }
        try StandardOutput.shared.print("")
        var table = TextTable([.init("WHAT"), .init("BROKER"), .init("EPOCH", .right)])
        for possession in cluster.possessions {
            let what =
                switch possession.subject {
                case .partition(let partition): "\(partition)"
                case .group(let group): "group \(group)"
                }
            try table.add([what, possession.owner, "\(possession.epoch)"])
        }
        try table.flush()
    }
}
