internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEngine

/// The program that a pipeline is: its verbs, its options, its exit statuses.
enum PipelineProgram<P: Pipeline> {
    static func main() async {
        do {
            try OptionNames.check(P.self)
            let arguments = try expandingSet(Array(CommandLine.arguments.dropFirst()))
            try await CommandProgram<PipelineCommand<P>>.run(arguments)
        } catch {
            CommandProgram<PipelineCommand<P>>.end(telling: error)
        }
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
