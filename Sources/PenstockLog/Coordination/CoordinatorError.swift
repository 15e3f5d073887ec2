public import PenstockEvents

/// What went wrong between a process and what coordinates it with others, at which place, and what to do about it.
public struct CoordinatorError: Diagnostic, Sendable, Hashable {
    /// What kind of failure it is.
    public let code: Code
    /// One line: what happened, with which key, file or endpoint.
    public let summary: String
    /// One line: what to do about it.
    public let hint: String?

    /// Kinds of failure. The raw values are stable names for scripts.
    public enum Code: String, Sendable, Hashable {
        /// The text cannot be a key.
        case invalidKey = "invalid-key"
        /// A name, an address or a value is outside of its limits.
        case invalidValue = "invalid-value"
        /// Durations, addresses or paths of the configuration cannot be used.
        case invalidConfiguration = "invalid-configuration"
        /// The coordinator's state was written by a newer version.
        case newerFormat = "newer-format"
        /// The coordinator's state does not hold what the format says.
        case damaged = "damaged"
        /// The coordinator cannot be reached. What was asked for may have happened.
        case unreachable = "unreachable"
        /// The coordinator did not answer within a lease. What was asked for may have happened.
        case timedOut = "timed-out"
        /// The coordinator answers, and does not do what was asked for.
        case refused = "refused"
        /// Others changed the same key all the time.
        case contended = "contended"
        /// The coordinator was closed by this process.
        case closed = "closed"
        /// The file system has no space left.
        case noSpace = "no-space"
        /// The process may not do this to the coordinator's files.
        case permissionDenied = "permission-denied"
        /// Another failure of the storage.
        case storage = "storage"
    }

    /// An error.
    public init(_ code: Code, _ summary: String, hint: String? = nil) {
        self.code = code
        self.summary = summary
        self.hint = hint
    }

    /// The kind of failure, from the code.
    public var category: FailureCategory {
        switch code {
        case .invalidKey, .invalidValue: .usage
        case .invalidConfiguration, .newerFormat: .configuration
        case .damaged: .data
        case .unreachable, .refused: .unavailable
        case .timedOut, .contended: .temporary
        case .closed: .software
        case .noSpace, .permissionDenied, .storage: .inputOutput
        }
    }
}

extension CoordinatorError {
    /// Nothing can be asked of a coordinator that was closed.
    package static let isClosed = CoordinatorError(.closed, "the coordinator was closed by this process")

    /// Others were faster, again and again.
    package static func contended(_ key: CoordinationKey) -> CoordinatorError {
        CoordinatorError(.contended, "others change \(key) all the time", hint: "try again later")
    }

    /// The answer has come too late for a lease that counts from the question.
    package static func tooSlow(_ place: String, lease: Duration) -> CoordinatorError {
        CoordinatorError(
            .timedOut, "\(place) has taken longer to answer than the lease of \(lease)",
            hint: "try again; where that happens often, choose a longer lease")
    }

    /// What a failed operation of the storage means for a person.
    init(_ error: StorageError) {
        switch error.reason {
        case .noSpace:
            self.init(
                .noSpace, "no space left to \(error.operation) \(error.path)",
                hint: "free space or raise the quota of the coordination directory")
        case .permissionDenied:
            self.init(
                .permissionDenied, "no permission to \(error.operation) \(error.path): \(error.text)",
                hint: "all processes need write access to the coordination directory; check its owner and mode")
        case .notFound, .notADirectory, .alreadyExists, .notEmpty, .tooManyOpenFiles, .leaseLost, .other:
            self.init(
                .storage, "cannot \(error.operation) \(error.path): \(error.text)",
                hint: "check that the coordination directory is there and mounted on this host")
        }
    }
}
