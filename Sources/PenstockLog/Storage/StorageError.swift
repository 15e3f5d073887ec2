/// A failed operation on a file, before the log gives it a meaning.
public struct StorageError: Error, Sendable, Hashable {
    /// What was tried, as a verb: `open`, `write`, `sync`.
    public let operation: String
    /// The file or directory.
    public let path: String
    /// Why, as far as the log treats it differently.
    public let reason: Reason
    /// The system's text for the error.
    public let text: String

    /// Reasons that the log treats differently.
    public enum Reason: Sendable, Hashable {
        /// There is no such file or directory.
        case notFound
        /// The file or directory is there already.
        case alreadyExists
        /// A part of the path is not a directory.
        case notADirectory
        /// The directory is not empty.
        case notEmpty
        /// Device full or quota reached.
        case noSpace
        /// Access refused, or the file system is read-only.
        case permissionDenied
        /// The process or the machine has no file descriptor left.
        case tooManyOpenFiles
        /// The owner of the partition has lost its lease.
        case leaseLost
        /// Anything else.
        case other
    }

    /// An error.
    public init(operation: String, path: String, reason: Reason, text: String) {
        self.operation = operation
        self.path = path
        self.reason = reason
        self.text = text
    }
}
