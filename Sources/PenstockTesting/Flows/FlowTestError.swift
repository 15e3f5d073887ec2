internal import PenstockEngine
public import PenstockEvents

/// A test of a flow that cannot go on, or whose flow did what the test did not expect.
public enum FlowTestError: Diagnostic {
    /// The test asks for something that its pipeline has not got.
    case misuse(problem: String, hint: String)
    /// Events were refused, and nobody asked about them.
    case unexpected(problem: String, hint: String)
    /// The same events gave something else in another run.
    case differs(problem: String, hint: String)

    /// One line.
    public var summary: String {
        switch self {
        case .misuse(let problem, _), .unexpected(let problem, _), .differs(let problem, _): problem
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .misuse(_, let hint), .unexpected(_, let hint), .differs(_, let hint): hint
        }
    }

    /// The pipeline's or the test's fault.
    public var category: FailureCategory { .data }
}
