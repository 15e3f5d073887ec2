import Foundation
import Penstock
import PenstockMOF

/// Where results go: a table, the same as JSON lines, and a page to look at.
struct OutputOptions: ParsableArguments {
    @Option(help: "The table of results: a CSV file; NAME.jsonl and NAME.html come beside it.")
    var output = "results.csv"
    @Flag(help: "Fill in cpu_s, the processor time of each structure: the one column that differs from run to run.")
    var cpuTimes = false
    @Flag(inversion: .prefixedNo, help: "Write the page.") var page = true

    func validate() throws {
        guard output.lowercased().hasSuffix(".csv"), URL(fileURLWithPath: output).lastPathComponent.count > 4 else {
            throw ValidationError("--output takes the name of a CSV file, such as results.csv, not '\(output)'")
        }
    }

    /// The file of JSON lines.
    var linesPath: String { stem + ".jsonl" }

    /// The page.
    var pagePath: String { stem + ".html" }

    /// The ranking of a search.
    var rankingPath: String { stem + "-best.csv" }

    /// The folder of the best structures of a search.
    var bestFolder: String { stem + "-best" }

    /// What differs between a run and its replay.
    var provenancePath: String { output + ".provenance.json" }

    private var stem: String { String(output.dropLast(4)) }
}

/// How the work is shared out.
struct WorkOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "Structures that are screened at a time; never changes a result. As many as processors by default.")
    var workers = max(1, ProcessInfo.processInfo.activeProcessorCount)

    func validate() throws {
        guard (1...1024).contains(workers) else {
            throw ValidationError("--workers must lie between 1 and 1024, not at \(workers)")
        }
    }
}
