import ArgumentParser

/// Reconstruction: of single slices, and in windows that slide.
struct TomographyBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tomography", abstract: "Reconstruct slices of phantoms, once or in windows that slide.",
        subcommands: [SliceBenchmark.self, SlidingWindowBenchmark.self], defaultSubcommand: SliceBenchmark.self)
}
