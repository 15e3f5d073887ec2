internal import ArgumentParser
internal import Foundation
internal import PenstockEngine

/// The names that a pipeline gives to options and verbs, held against those that every pipeline has.
///
/// ArgumentParser itself stops the program at such a collision, in debug builds only, in words about its own types.
enum OptionNames {
    /// - Throws: `EngineError.plan` where an option or a verb of the pipeline has the name of one that every pipeline has.
    static func check<P: Pipeline>(_ type: P.Type) throws(EngineError) {
        let groups: [any ParsableArguments.Type] = [
            RunSettings.self, StatsSettings.self, CheckpointSettings.self, RestoreSettings.self, ReplaySelection.self,
            ExplainSettings.self, SubmitSettings.self, MemberSettings.self,
        ]
        let reserved = groups.flatMap { names(of: $0) } + ["help", "h"]
        for name in names(of: type) where reserved.contains(name) {
            throw .plan(
                problem:
                    "the option \(name.count == 1 ? "-" : "--")\(name) of \(type) has the name of an option that every "
                    + "pipeline has",
                hint: "give the property another name; `\(type) run --help` lists those that are taken")
        }
        let verbs =
            [
                RunCommand<P>._commandName, ReplayCommand<P>._commandName, ExplainCommand<P>._commandName,
                SavepointCommand<P>._commandName, CheckpointsCommand<P>._commandName,
                SubmitCommand<P>._commandName, "help",
            ] + BatchVerbs.all.map { $0._commandName }
        for verb in type.verbs where verbs.contains(verb._commandName) {
            throw .plan(
                problem: "the verb \(verb._commandName) of \(type) has the name of a verb that every pipeline has",
                hint: "give \(verb) another commandName in its configuration")
        }
        for verb in type.verbs { try (verb as? any PipelineAsVerb.Type)?.checkNames() }
    }

    private struct Help: Decodable {
        struct Command: Decodable { let arguments: [Argument]? }
        struct Argument: Decodable { let names: [Name]? }
        struct Name: Decodable { let name: String }
        let command: Command
    }

    /// The names of the options without their dashes, without the `help` and `h` that ArgumentParser adds to each list.
    private static func names(of type: any ParsableArguments.Type) -> [String] {
        guard let help = try? JSONDecoder().decode(Help.self, from: Data(type._dumpHelp().utf8)) else {
            preconditionFailure("ArgumentParser describes the options of \(type) in a form that is not known")
        }
        var names = (help.command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.name)
        for name in ["help", "h"] { names.lastIndex(of: name).map { _ = names.remove(at: $0) } }
        return names
    }
}
