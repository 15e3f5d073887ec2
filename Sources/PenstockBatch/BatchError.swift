public import PenstockEvents

/// What can go wrong between a user and a batch queue.
public struct BatchError: Diagnostic, Hashable {
    /// The kinds.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The job as it is described cannot be.
        case wrongJob
        /// A site profile is wrong or not there.
        case wrongSite
        /// No scheduler, or one of its programs is not there.
        case noScheduler
        /// The scheduler has refused the job.
        case refused
        /// The scheduler does not answer, or not in a way that is understood.
        case noAnswer
        /// There is no such run.
        case noRun
        /// What the pipeline reads is not there.
        case noInput
        /// The folder of a run cannot be read or written, or what is in it is damaged.
        case folder
        /// The run is not in a state in which that can be done.
        case wrongState
        /// What a run needs is gone, or is not what it was: the program, the log, the directory.
        case changed
    }

    /// Which kind it is.
    public let code: Code
    /// What happened, in one line.
    public let summary: String
    /// What to do, in one line.
    public let hint: String?

    /// An error.
    public init(_ code: Code, _ summary: String, hint: String? = nil) {
        (self.code, self.summary, self.hint) = (code, summary, hint)
    }

    /// The kind of failure, which gives the exit status.
    public var category: FailureCategory {
        switch code {
        case .wrongJob, .wrongState: .usage
        case .wrongSite, .changed: .configuration
        case .noScheduler, .refused: .unavailable
        case .noAnswer: .temporary
        case .noRun, .noInput: .noInput
        case .folder: .inputOutput
        }
    }
}
