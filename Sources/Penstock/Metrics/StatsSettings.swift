internal import ArgumentParser
internal import PenstockCommands

/// Whether and how often a run tells what it does.
struct StatsSettings: ParsableArguments {
    @Flag var style: StatsStyle?

    @Option(help: ArgumentHelp("Show figures this often; 1s by default.", valueName: "time"))
    var statsEvery: Duration?

    var interval: Duration { statsEvery ?? .seconds(1) }

    func validate() throws {
        guard let statsEvery else { return }
        guard statsEvery >= .milliseconds(100) else {
            throw ValidationError("--stats-every takes a time of 100ms or more")
        }
        guard style != nil else { throw ValidationError("--stats-every needs --stats or --stats-json") }
    }
}

/// How figures are shown.
enum StatsStyle: String, EnumerableFlag {
    case stats
    case statsJson

    static func help(for value: StatsStyle) -> ArgumentHelp? {
        switch value {
        case .stats:
            "Show a table on standard error: what stages and partitions do, how far time has come, and who holds it."
        case .statsJson: "Show the same for machines: one JSON object a line."
        }
    }
}
