internal import ArgumentParser
internal import PenstockBenchmarks

/// `penstock bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure what this machine gives: transports, brokers, the log.",
        discussion: """
            Each prints a line for each figure, or one JSON object, with what memory, sockets and disks give without Penstock in the same run; \
            the floors in C are left out where there is no compiler, or no source of Penstock.
            """,
        subcommands: SiteBenchmarks.commands)
}
