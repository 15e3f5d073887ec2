import ArgumentParser

/// Reconstruction: of single slices, in windows that slide, and of whole scans.
struct TomographyBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tomography", abstract: "Reconstruct slices of phantoms, windows that slide, and whole scans.",
        subcommands: [
            SliceBenchmark.self, SlidingWindowBenchmark.self, ThreadsBenchmark.self, ScanBenchmark.self,
            LiveBenchmark.self,
        ],
        defaultSubcommand: SliceBenchmark.self)
}
