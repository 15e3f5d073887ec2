public import PenstockEvents

/// The name of a stage in a plan: the flow's name and the stage's name in it, `flow/stage`.
public struct StageName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The flow's name.
    public let flow: String
    /// The stage's name in its flow: given by the author, or made of its kind and position.
    public let stage: String

    /// The name of a stage.
    public init(flow: String, stage: String) {
        self.flow = flow
        self.stage = stage
    }

    /// The flow's and the stage's name with a slash between them.
    public var description: String { "\(flow)/\(stage)" }

    /// The order of the names as UTF-8 bytes.
    public static func < (a: StageName, b: StageName) -> Bool {
        a.description.utf8.lexicographicallyPrecedes(b.description.utf8)
    }
}

/// What is wrong with an event itself, in words that do not say which event of which stage it is.
protocol EventDefect: Diagnostic {}

/// What can go wrong between the plan and the end of a run.
public enum EngineError: Diagnostic {
    /// The pipeline is wrong in a way that the compiler could not see.
    case plan(problem: String, hint: String?)
    /// A stage could not handle an event.
    case stageFailed(stage: StageName, sequence: UInt64, time: Timestamp, any Error, source: EventSource? = nil)
    /// A stage could not begin, end or handle a control record.
    case stage(StageName, any Error)
    /// An option of the run is out of range.
    case option(problem: String, hint: String?)
    /// Integer arithmetic in an aggregate overflowed.
    case overflow(stage: StageName, window: WindowSpan)

    /// One line that names the stage and, where there is one, the event.
    public var summary: String {
        switch self {
        case .plan(let problem, _): "the pipeline cannot be planned: \(problem)"
        case .option(let problem, _): problem
        case .stageFailed(let stage, let sequence, _, let error, let source):
            Self.summary(stage, source?.description ?? "event \(sequence)", error)
        case .stage(let stage, let error):
            (error as? any Diagnostic)?.summary ?? "stage \(stage) failed: \(error)"
        case .overflow(let stage, let window):
            "stage \(stage): an integer sum overflowed in the window [\(window.start.nanoseconds), \(window.end.nanoseconds)) ns"
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .plan(_, let hint), .option(_, let hint): hint
        case .stageFailed(let stage, let sequence, let time, let error, let source):
            Self.hint(stage, sequence, time, error as? any Diagnostic, source)
        case .stage(_, let error): (error as? any Diagnostic)?.hint
        case .overflow:
            "sum a Double instead, a wider integer, or smaller numbers; with .onError(.skip) the stage leaves such rows out and goes on"
        }
    }

    private static func summary(_ stage: StageName, _ place: String, _ error: any Error) -> String {
        if let defect = error as? any EventDefect { return "\(stage): \(defect.summary): \(place)" }
        return (error as? any Diagnostic)?.summary ?? "stage \(stage) failed at \(place): \(error)"
    }

    private static func hint(
        _ stage: StageName, _ sequence: UInt64, _ time: Timestamp, _ error: (any Diagnostic)?, _ source: EventSource?
    ) -> String? {
        let place = source?.description ?? "event \(sequence) of its source"
        guard let error else {
            return source == nil ? nil : "event time \(time.nanoseconds) ns; \(goingOn)"
        }
        return error.hint ?? "stage \(stage), \(place), event time \(time.nanoseconds) ns"
    }

    /// What to do about an event that a stage cannot handle.
    static let goingOn =
        "with .onError(.skip) or .onError(.deadLetter(to: …)) the stage leaves such events out and goes on"

    /// The kind of failure; that of the error inside where there is one.
    public var category: FailureCategory {
        switch self {
        case .plan, .option: .usage
        case .stageFailed(_, _, _, let error, _), .stage(_, let error):
            (error as? any Diagnostic)?.category ?? .software
        case .overflow: .data
        }
    }
}
