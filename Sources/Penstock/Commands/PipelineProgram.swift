internal import ArgumentParser
internal import Foundation
internal import PenstockEngine

/// The program that a pipeline is: its verbs, its options, its exit statuses.
enum PipelineProgram<P: Pipeline> {
    static func main() async {
        do {
            try OptionNames.check(P.self)
            var command = try PipelineCommand<P>.parseAsRoot(expandingSet(Array(CommandLine.arguments.dropFirst())))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard let report = FailureReport(error) else { exit(telling: error) }
            report.print()
            Foundation.exit(report.status)
        }
    }

    /// Tells what ArgumentParser has to say, in the form of all other errors.
    private static func exit(telling error: any Error) -> Never {
        let status = PipelineCommand<P>.exitCode(for: error)
        guard !status.isSuccess else { PipelineCommand<P>.exit(withError: error) }
        let message = PipelineCommand<P>.fullMessage(for: error)
        let told = message.hasPrefix("Error: ") ? "error: " + message.dropFirst("Error: ".count) : message
        FileHandle.standardError.write(Data((told + "\n").utf8))
        Foundation.exit(status.rawValue)
    }

    /// The arguments with `--set key=value` replaced by `--key=value`, so that both mean the same.
    static func expandingSet(_ arguments: [String]) throws -> [String] {
        var expanded: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                return expanded + ["--"] + rest
            }
            var setting: String?
            if argument == "--set" { setting = rest.popFirst() }
            if argument.hasPrefix("--set=") { setting = String(argument.dropFirst("--set=".count)) }
            guard argument == "--set" || setting != nil else {
                expanded.append(argument)
                continue
            }
            guard let setting, let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
                throw EngineError.option(
                    problem: "--set needs key=value, not \"\(setting ?? "")\"", hint: "for example --set filter=hann")
            }
            expanded.append("--\(setting)")
        }
        return expanded
    }
}

/// The command line of a pipeline.
struct PipelineCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "\(P.self)", abstract: P.abstract,
            version: "\(P.self), made with Penstock \(PenstockVersion.current)",
            subcommands: [RunCommand<P>.self, ReplayCommand<P>.self, ExplainCommand<P>.self] + P.verbs,
            defaultSubcommand: RunCommand<P>.self)
    }
}
