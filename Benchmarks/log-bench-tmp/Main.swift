import ArgumentParser

@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench", subcommands: [LogBenchmark.self])
}
