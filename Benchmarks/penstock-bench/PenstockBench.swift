import ArgumentParser

/// Measures Penstock itself: one subcommand for each measurement, a line of figures for people or one JSON object for
/// scripts.
@main
struct PenstockBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-bench", abstract: "Measures Penstock itself.",
        subcommands: [EngineBenchmark.self, TomographyBenchmark.self, LogBenchmark.self])
}
