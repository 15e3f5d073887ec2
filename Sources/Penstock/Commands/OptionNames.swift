internal import ArgumentParser
internal import Foundation
internal import PenstockEngine

/// The names of the options of a pipeline, held against those that the verbs have themselves.
enum OptionNames {
    /// - Throws: `EngineError.plan` where an option of the pipeline has the name of one of a verb.
    static func check<P: Pipeline>(_ type: P.Type) throws(EngineError) {
        let reserved = names(of: RunSettings.self) + names(of: ReplaySelection.self) + ["format", "help", "h", "version"]
        for name in names(of: type) where reserved.contains(name) {
            let dashes = name.count == 1 ? "-" : "--"
            throw .plan(
                problem: "the option \(dashes)\(name) of \(type) has the name of an option that every pipeline has",
                hint: "give the property another name")
        }
    }

    private struct Help: Decodable {
        struct Command: Decodable { let arguments: [Argument]? }
        struct Argument: Decodable { let names: [Name]? }
        struct Name: Decodable { let name: String }
        let command: Command
    }

    private static func names(of type: any ParsableArguments.Type) -> [String] {
        guard let help = try? JSONDecoder().decode(Help.self, from: Data(type._dumpHelp().utf8)) else { return [] }
        return (help.command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.name).filter { $0 != "help" && $0 != "h" }
    }
}
