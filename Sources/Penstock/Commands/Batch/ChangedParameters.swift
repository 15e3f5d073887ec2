internal import ArgumentParser
internal import Foundation

/// The options of a pipeline that are not as they are by default.
enum ChangedParameters {
    private struct Help: Decodable {
        struct Command: Decodable { let arguments: [Argument]? }
        struct Argument: Decodable {
            let kind: String
            let isOptional: Bool
            let names: [Name]?
        }
        struct Name: Decodable { let name: String }
        let command: Command
    }

    /// Their names, sorted; nil where the pipeline without them cannot be.
    /// - Parameter words: What a pipeline was called with, which is known to be right.
    static func names<P: Pipeline>(_ pipeline: P, _ words: [String]) -> [String]? {
        guard let help = try? JSONDecoder().decode(Help.self, from: Data(P._dumpHelp().utf8)) else { return nil }
        // Options without a default have to be given, and are never the default.
        let required = (help.command.arguments ?? []).filter { !$0.isOptional && $0.kind != "flag" }
        let names = Set(required.flatMap { $0.names ?? [] }.map { "--\($0.name)" })
        guard let plain = try? P.parse(Self.kept(words, names)) else { return nil }
        let defaults = plain.parameters
        let changed = pipeline.parameters.filter { names.contains("--\($0.key)") || defaults[$0.key] != $0.value }
        return changed.keys.sorted()
    }

    private static func kept(_ words: [String], _ names: Set<String>) -> [String] {
        var rest = words[...]
        var kept: [String] = []
        while let word = rest.popFirst() {
            guard names.contains(String(word.prefix { $0 != "=" })) else { continue }
            kept.append(word)
            if !word.contains("="), let value = rest.popFirst() { kept.append(value) }
        }
        return kept
    }
}
