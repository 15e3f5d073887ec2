public import Foundation

/// A batch queue, or what stands in for one on this host.
public protocol Scheduler: Sendable {
    /// Which one it is.
    var name: SchedulerName { get }

    /// The directives at the head of a script for this job, without what PSI/J would call the launch.
    func directives(for spec: JobSpec) -> [String]

    /// Lines behind the directives that the scheduler needs before anything else is done.
    var preamble: [String] { get }

    /// The command that queues a script.
    /// - Parameter task: The only task of the script's array that is wanted; nil for all that the script asks for.
    func submission(of script: String, task: Int?, after dependencies: [JobDependency]) -> [String]

    /// Queues a script.
    /// - Parameter task: The only task of the script's array that is wanted; nil for all that the script asks for.
    /// - Returns: The scheduler's name of the job: of the array where there is one, and of the task where one is wanted.
    /// - Throws: `BatchError.refused` with the scheduler's words.
    func submit(
        _ script: String, of spec: JobSpec, task: Int?, after dependencies: [JobDependency]
    ) async throws(BatchError) -> String

    /// The scheduler's name of a task of an array.
    func task(_ index: Int, of array: String) -> String

    /// What the scheduler knows of some jobs, by one question to it. Those that it has forgotten are left out.
    func jobs(_ references: [JobReference]) async throws(BatchError) -> [JobReference: QueuedJob]

    /// Sends a signal to the program of a job that runs.
    func send(_ signal: JobSignal, to job: JobReference) async throws(BatchError)

    /// Ends jobs, or takes them from the queue. Those that are over stay as they are.
    func cancel(_ jobs: [JobReference]) async throws(BatchError)

    /// What the scheduler says of a script without queueing it, such as when it could begin; nil where it says nothing of the kind.
    func estimate(for script: String) async throws(BatchError) -> String?
}

extension Scheduler {
    /// The command that queues a script with all that it asks for.
    public func submission(of script: String, after dependencies: [JobDependency]) -> [String] {
        submission(of: script, task: nil, after: dependencies)
    }

    /// Ends a job, or takes it from the queue.
    public func cancel(_ job: JobReference) async throws(BatchError) { try await cancel([job]) }

    /// As Slurm has it: `75_3`.
    public func task(_ index: Int, of array: String) -> String { "\(array)_\(index)" }
}

/// The schedulers that a job can be given to.
public enum SchedulerName: String, Codable, Sendable, Hashable, CaseIterable {
    /// Processes on this host.
    case local
    /// Slurm.
    case slurm
    /// OpenPBS and PBS Professional.
    case pbspro
    /// Torque, and OpenPBS before it was called so.
    case torque

    /// What the directives that are passed through to it begin with.
    var prefix: String { self == .slurm ? "slurm" : "pbs" }
}

/// A job in a scheduler's own words.
public struct JobReference: Codable, Sendable, Hashable {
    /// The scheduler's name of it.
    public let id: String
    /// The folder of the run that it belongs to.
    public let folder: String

    /// A reference.
    public init(_ id: String, in folder: String) { (self.id, self.folder) = (id, folder) }
}

/// What a scheduler knows of a job.
public struct QueuedJob: Sendable, Hashable {
    /// Where it is.
    public var state: JobState
    /// Whether it waits for something that will not come.
    public var neverRuns: Bool = false
    /// What the scheduler says of it beyond that.
    public var remark: String?
    /// The nodes that it has.
    public var nodes: String?
    /// When its walltime is over, by the scheduler's clock.
    public var end: Date?
}

/// Signals that a program of ours knows.
public enum JobSignal: String, Sendable, Hashable {
    /// Look at the clock.
    case look = "USR1"
    /// Come to an end with a checkpoint.
    case drain = "TERM"
}
