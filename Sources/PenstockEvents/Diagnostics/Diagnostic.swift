/// An error that is told to a person: what happened, to which object, and what to do about it.
///
/// The command line prints `error: summary`, where there is one `hint: hint`, and leaves with the status of the category.
public protocol Diagnostic: Error, CustomStringConvertible {
    /// One line without a final full stop: what happened, to which file, dataset, topic, partition, offset or stage.
    var summary: String { get }
    /// One line: what the user can do, or nil where nothing sensible can be said.
    var hint: String? { get }
    /// The kind of failure.
    var category: FailureCategory { get }
}

extension Diagnostic {
    /// The summary, and the hint behind it.
    public var description: String { hint.map { "\(summary) (\($0))" } ?? summary }
}

/// Kinds of failure, with the exit statuses of sysexits.h.
public enum FailureCategory: Int32, Sendable, Hashable {
    /// The command line or the pipeline is wrong.
    case usage = 64
    /// The input's content is wrong.
    case data = 65
    /// The input is not there or cannot be read.
    case noInput = 66
    /// A service or a library that is needed is not there.
    case unavailable = 69
    /// A defect of this software.
    case software = 70
    /// Reading or writing failed: disk full, no permission, device error.
    case inputOutput = 74
    /// It may work later: somebody else holds a lock, a lease has not run out.
    case temporary = 75
    /// A configuration does not fit: a topic of another schema, a log of another version.
    case configuration = 78
}
