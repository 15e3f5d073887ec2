public import ArgumentParser
internal import PenstockEngine
internal import PenstockEvents

/// The command line of a pipeline: the verbs that every pipeline has, and those of its own.
///
/// A program has one as its root. Among the `verbs` of that pipeline it gives the program a second dataflow, with options, checkpoints and a
/// journal of its own:
///
/// ```swift
/// @main struct Screening: Pipeline {
///     static let verbs: [any ParsableCommand.Type] = [PipelineCommand<Search>.self]
///     ...
/// }
/// struct Search: Pipeline { static let command = "Screening search" ... }
/// ```
public struct PipelineCommand<P: Pipeline>: AsyncParsableCommand {
    /// The verbs; `run` where none is named.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: P.command.split(separator: " ").last.map(String.init) ?? P.command, abstract: P.abstract,
            version: "\(P.self), made with Penstock \(PenstockVersion.current)",
            subcommands: [
                RunCommand<P>.self, ReplayCommand<P>.self, ExplainCommand<P>.self, SavepointCommand<P>.self,
                CheckpointsCommand<P>.self, SubmitCommand<P>.self,
            ] + BatchVerbs.all + P.verbs,
            defaultSubcommand: RunCommand<P>.self)
    }

    /// A command line of which nothing has been read.
    public init() {}
}

/// A verb that is a pipeline.
protocol PipelineAsVerb {
    /// - Throws: `EngineError.plan` where the pipeline's options or verbs have names that are taken.
    static func checkNames() throws(EngineError)
}

extension PipelineCommand: PipelineAsVerb {
    static func checkNames() throws(EngineError) { try OptionNames.check(P.self) }
}
