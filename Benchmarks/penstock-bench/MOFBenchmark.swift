import ArgumentParser

/// Screening of porous crystals.
struct MOFBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mof", abstract: "Screening of porous crystals: how well a search does.",
        subcommands: [SearchBenchmark.self])
}
