public import ArgumentParser
public import PenstockBatch

/// A run for other programs.
struct RunsExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write what is known of a run as RO-Crate or W3C PROV.",
        discussion: "The file comes into the folder of the run, and the same folder gives the same bytes each time.")

    @Argument(help: "The run.") var run: String
    @OptionGroup var folder: RunsFolder
    @Option(help: "ro-crate (Workflow Run RO-Crate) or prov (PROV-JSON).") var format: RunExportFormat
    @Option(help: ArgumentHelp("Another file that ends in .json, or another folder.", valueName: "path"))
    var output: String?
    @Option(help: ArgumentHelp("The license of what the crate describes: a URL or a text.", valueName: "license"))
    var license: String?

    func validate() throws {
        guard license == nil || format == .roCrate else { throw ValidationError("--license belongs to a crate") }
    }

    func run() async throws {
        let path = try folder.list.run(run).export(format, to: output, license: license)
        try StandardOutput.shared.print(path)
    }
}

extension RunExportFormat: ExpressibleByArgument {}
