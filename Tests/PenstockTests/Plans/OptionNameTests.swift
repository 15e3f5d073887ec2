import Testing

@testable import Penstock

private let readings = Generated(1) { _ in (1.0, Timestamp(nanoseconds: 0)) }

/// A pipeline for a test of its options: its body is always the same.
private protocol OptionsOnly: Pipeline {}

extension OptionsOnly {
    static var abstract: String { "Options for a test" }
    @PipelineBuilder var body: some Dataflow {
        Flow("copy") {
            From(readings)
            To(Collected<Double>())
        }
    }
}

private struct WithLog: OptionsOnly { @Option var log = "" }
private struct WithScan: OptionsOnly { @Option var scan: Int? }
private struct WithTopic: OptionsOnly { @Option var topic: String? }
private struct WithSet: OptionsOnly { @Option var set = 1 }
private struct WithFormat: OptionsOnly { @Option var format = "" }
private struct WithReplay: OptionsOnly { @Flag var replay = false }
private struct WithBatchSize: OptionsOnly { @Option var batchSize = 3 }
private struct WithCustomName: OptionsOnly { @Option(name: .customLong("overwrite")) var replaces = "" }
private struct WithOtherNames: OptionsOnly {
    @Option(name: .shortAndLong) var input = ""
    @Option var logs = ""
    @Flag var sets = false
    @Argument var log: String?
}

private struct Group: ParsableArguments { @Option var progress = 1 }
private struct WithGroup: OptionsOnly { @OptionGroup var group: Group }

private struct OwnReplay: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "replay")
}
private struct OwnPhantom: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "phantom")
}
private struct WithOwnReplay: OptionsOnly { static let verbs: [any ParsableCommand.Type] = [OwnReplay.self] }
private struct WithSecondPipeline: OptionsOnly {
    static let verbs: [any ParsableCommand.Type] = [PipelineCommand<WithOtherNames>.self]
}
private struct WithWrongPipeline: OptionsOnly {
    static let verbs: [any ParsableCommand.Type] = [PipelineCommand<WithFormat>.self]
}
private struct WithOwnPhantom: OptionsOnly { static let verbs: [any ParsableCommand.Type] = [OwnPhantom.self] }

@Suite("Names of options and verbs")
struct OptionNameTests {
    private func problem<P: Pipeline>(_ type: P.Type) -> EngineError? {
        do {
            try OptionNames.check(type)
            return nil
        } catch {
            return error
        }
    }

    @Test("an option with the name of a verb's option is named")
    func collisions() {
        let problems = [
            "--log": problem(WithLog.self), "--scan": problem(WithScan.self), "--topic": problem(WithTopic.self),
            "--set": problem(WithSet.self), "--format": problem(WithFormat.self), "--replay": problem(WithReplay.self),
            "--batch-size": problem(WithBatchSize.self), "--overwrite": problem(WithCustomName.self),
            "--progress": problem(WithGroup.self),
        ]
        for (option, problem) in problems.sorted(by: { $0.key < $1.key }) {
            #expect(problem?.summary.contains("the option \(option) of With") == true, "\(option)")
            #expect(problem?.summary.hasSuffix("has the name of an option that every pipeline has") == true)
            #expect(problem?.hint?.hasPrefix("give the property another name") == true)
            #expect(problem?.category == .usage)
        }
    }

    @Test("an option with a name of its own is not")
    func noCollision() { #expect(problem(WithOtherNames.self)?.summary == nil) }

    @Test("a verb with the name of one that every pipeline has is named")
    func verbs() {
        #expect(problem(WithOwnReplay.self)?.summary.contains("the verb replay of WithOwnReplay") == true)
        #expect(problem(WithOwnPhantom.self)?.summary == nil)
    }

    @Test("a second pipeline is a verb of the first, and its options are looked at, too")
    func secondPipeline() throws {
        #expect(problem(WithSecondPipeline.self)?.summary == nil)
        #expect(problem(WithWrongPipeline.self)?.summary.contains("--format of WithFormat") == true)
        let command = try PipelineCommand<WithSecondPipeline>.parseAsRoot(["WithOtherNames", "replay", "--sets"])
        #expect((command as? ReplayCommand<WithOtherNames>)?.pipeline.sets == true)
    }
}
