import ArgumentParser
import Dispatch
import PenstockBenchmarks

/// Measures Penstock itself: one subcommand for each measurement, a line of figures for people or one JSON object for
/// scripts.
@main
struct PenstockBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-bench", abstract: "Measures Penstock itself.",
        subcommands: [EngineBenchmark.self, MOFBenchmark.self, TomographyBenchmark.self] + SiteBenchmarks.commands)

    // Not an asynchronous `main`: that ends the process's first thread, which valgrind does not survive.
    static func main() {
        let finished = DispatchSemaphore(value: 0)
        Task.detached {
            await Self.main(nil)
            finished.signal()
        }
        finished.wait()
    }
}
