import ArgumentParser

/// Screening of porous crystals.
struct MOFBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mof", abstract: "Screening of porous crystals: what its parts cost, and how well a search does.",
        subcommands: [
            GeometryBenchmark.self, WidomBenchmark.self, GCMCBenchmark.self, StructureBenchmark.self,
            SearchBenchmark.self,
        ])
}
