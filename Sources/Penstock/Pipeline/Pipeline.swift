public import ArgumentParser
internal import PenstockEngine

/// A pipeline that is a program: flows in `body`, the user's options as properties, and a command line that comes with it.
///
/// ```swift
/// @main struct Alarms: Pipeline {
///     static let abstract = "Readings above a limit"
///     @Option(help: "The limit") var limit = 100.0
///
///     var body: some Dataflow {
///         Flow("alarms") { From(readings, disorder: .ascending); Filter { (r: Reading) in r.value > 100 }; To(alarms) }
///     }
/// }
/// ```
///
/// The program has the verbs `run` (the default), `explain` and `replay`, and those in `verbs`. `body` may be evaluated more than once; the
/// identity of what it makes is in the names of flows and topics.
public protocol Pipeline: ParsableArguments, Sendable {
    /// What the body comes to.
    associatedtype Body: Dataflow

    /// The flows.
    @PipelineBuilder var body: Body { get }

    /// One line that says what the pipeline does.
    static var abstract: String { get }

    /// How the pipeline is called on the command line: by default the name of the type, which is that of the program. A pipeline that is among the
    /// `verbs` of another one, as `PipelineCommand<Self>`, says both words, such as `Screening search`.
    static var command: String { get }

    /// Commands of the pipeline's own, beside those that every pipeline has.
    static var verbs: [any ParsableCommand.Type] { get }

    /// The files and folders that the pipeline reads, by the options that name them, without dashes; nil is for one that was not given. A run that
    /// was submitted keeps their sizes and checksums, and those of what it makes, in its folder.
    var filesRead: KeyValuePairs<String, String?> { get }

    /// The files and folders that the pipeline makes, likewise. Where an option stands for several, a point and a word follow its name:
    /// `output.page`.
    var filesMade: KeyValuePairs<String, String?> { get }

    /// SHA-256 in hexadecimal digits of files that the pipeline reads, by their options, where a run has found them already: nobody reads these
    /// files once more.
    func checksums(_ record: RunRecord) -> [String: String]

    /// Looks at what only this pipeline knows of its options, before a run or a replay begins.
    func check(_ verb: PipelineVerb) throws

    /// Looks at what a run or a replay has done: lines for the summary, and the provenance that this pipeline wants to keep.
    func report(_ record: RunRecord) throws -> [String]
}

/// Which of the verbs that run a pipeline was given.
public enum PipelineVerb: String, Sendable, Hashable {
    /// Records and works on what comes from the sources.
    case run
    /// Works on what was recorded.
    case replay
}

extension Pipeline {
    /// The name of the type.
    public static var command: String { "\(Self.self)" }

    /// None.
    public static var verbs: [any ParsableCommand.Type] { [] }

    /// None.
    public var filesRead: KeyValuePairs<String, String?> { [:] }

    /// None.
    public var filesMade: KeyValuePairs<String, String?> { [:] }

    /// None.
    public func checksums(_ record: RunRecord) -> [String: String] { [:] }

    /// Everything is right.
    public func check(_ verb: PipelineVerb) throws {}

    /// Nothing more to say.
    public func report(_ record: RunRecord) throws -> [String] { [] }

    /// The program: reads the command line, does what it says, and leaves with the exit status of what happened.
    public static func main() async {
        await PipelineProgram<Self>.main()
    }

    /// The flows of the body, also those that no other flow uses.
    package func flows() -> [FlowDescription] {
        let recorder = FlowRecorder()
        FlowRecorder.$current.withValue(recorder) { _ = body }
        return recorder.recorded
    }
}
