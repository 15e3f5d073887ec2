internal import ArgumentParser
internal import Foundation

/// The arguments of `submit` without its own options: those of `run` or `replay`.
struct SubmitArguments<P: Pipeline> {
    private struct Help: Decodable {
        struct Command: Decodable { let arguments: [Argument]? }
        struct Argument: Decodable {
            let kind: String
            let names: [Name]?
        }
        struct Name: Decodable { let name: String }
        let command: Command
    }

    /// Options by their names, and whether a value follows.
    private let takesValue: [String: Bool]

    init() throws {
        let help = try JSONDecoder().decode(Help.self, from: Data(SubmitSettings._dumpHelp().utf8))
        var takesValue: [String: Bool] = [:]
        for argument in help.command.arguments ?? [] {
            for name in argument.names ?? [] where name.name != "help" && name.name != "h" {
                takesValue["--\(name.name)"] = argument.kind == "option"
            }
        }
        self.takesValue = takesValue
    }

    /// What stands behind the verb, without what is for `submit` alone.
    /// - Parameter words: All words of the command line, which is known to be right.
    func behindVerb(_ words: [String]) throws -> [String] {
        var rest = words.dropFirst().drop { $0 != SubmitCommand<P>._commandName }.dropFirst()
        var kept: [String] = []
        while let word = rest.popFirst() {
            if word == "--" { return kept + ["--"] + rest }
            let name = word.prefix { $0 != "=" }
            guard let takesValue = takesValue[String(name)] else {
                kept.append(word)
                continue
            }
            if takesValue, name.count == word.count { rest = rest.dropFirst() }
        }
        return kept
    }
}
