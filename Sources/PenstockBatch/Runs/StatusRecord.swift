public import Foundation

/// What a job says of itself: the file `status.json`, and behind its end the file of its attempt.
///
/// A single writer replaces it as a whole. It outranks what the scheduler says.
public struct StatusRecord: Codable, Sendable, Hashable {
    /// How far an attempt has come.
    public enum Outcome: String, Codable, Sendable, Hashable {
        /// It goes on.
        case running
        /// It has ended with a checkpoint, and another job goes on from there.
        case handedOver = "continue"
        /// The work is done.
        case completed
        /// It has ended, and the work is not done.
        case failed
        /// Somebody has ended the run.
        case canceled
    }

    /// The run.
    public var run: String
    /// The number of the attempt, from 1.
    public var attempt: Int
    /// The scheduler's name of the job.
    public var jobID: String
    /// The node that it begins on.
    public var host: String
    /// How far it has come.
    public var outcome: Outcome
    /// What a running one does.
    public var phase: Phase
    /// The exit status of the pipeline; nil before its end, and where a signal ended it.
    public var exit: Int?
    /// The signal that ended the pipeline.
    public var signal: Int?
    /// Why it has ended, or is about to: `walltime`, `signal`, `cancel`, or an error in words.
    public var reason: String?
    /// When it began, by the node's clock.
    public var started: Date
    /// When this was written: a record that is older than a minute is one of a job that has died, or whose folder cannot be written.
    public var beat: Date
    /// When it ended.
    public var ended: Date?
    /// When its walltime is over.
    public var deadline: Date?
    /// The number of the last checkpoint that it kept, over all members.
    public var checkpoint: UInt64?
    /// The number of the checkpoint that it began with.
    public var restored: UInt64?
    /// Events that its sources have read in this attempt.
    public var events: Int
    /// What it has counted in this attempt, as `RunProgress.counts`.
    public var counts: [String: Int]
    /// How many members it has.
    public var members: Int
    /// Processor time of its members together, in seconds; nil where none has said anything.
    public var processorSeconds: Double?
    /// The most memory that one of them had, in bytes.
    public var peakBytes: Int?
    /// How many attempts in a row, with this one, have come no further.
    public var stalls: Int
    /// The job that goes on behind this one; nil for none.
    public var successor: String?

    /// What a running job does.
    public enum Phase: String, Codable, Sendable, Hashable {
        case starting, active, draining
    }

    /// A record of a job that begins.
    public init(
        run: String, attempt: Int, jobID: String, host: String, started: Date, deadline: Date?, stalls: Int = 0
    ) {
        self.run = run
        self.attempt = attempt
        self.jobID = jobID
        self.host = host
        self.started = started
        self.deadline = deadline
        self.stalls = stalls
        beat = started
        outcome = .running
        phase = .starting
        events = 0
        counts = [:]
        members = 1
    }

    /// Whether it came further than what it began with: it kept a checkpoint behind events that it had read.
    public var cameFurther: Bool { checkpoint != nil && checkpoint != restored && events > 0 }
}

/// What a process of a run says of itself: a file of its own, replaced as a whole every few seconds.
public struct MemberBeat: Codable, Sendable, Hashable {
    /// Its name, such as `n1`.
    public var member: String
    /// The host that it runs on.
    public var host: String
    /// Its number there.
    public var process: Int32
    /// When this was written.
    public var beat: Date
    /// How often it was written before.
    public var count: Int
    /// The last checkpoint that it kept.
    public var checkpoint: UInt64?
    /// The checkpoint that it began with.
    public var restored: UInt64?
    /// How long its longest checkpoint took, in seconds.
    public var longestCheckpoint: Double
    /// Events that its sources have read.
    public var events: Int
    /// What it has counted, as `RunProgress.counts`.
    public var counts: [String: Int]
    /// Processor time so far, in seconds.
    public var processorSeconds: Double
    /// The most memory that it had, in bytes.
    public var peakBytes: Int
    /// Whether it has stopped with a checkpoint, behind which another goes on.
    public var hasStopped: Bool
    /// Whether it has seen all work of the run done.
    public var isDone = false

    /// A member that begins.
    public init(member: String, host: String, process: Int32) {
        self.member = member
        self.host = host
        self.process = process
        beat = Date()
        count = 0
        longestCheckpoint = 0
        events = 0
        counts = [:]
        processorSeconds = 0
        peakBytes = 0
        hasStopped = false
    }
}

/// A job of a run, as whoever queued it wrote it down.
public struct JobRecord: Codable, Sendable, Hashable {
    /// What it is for.
    public enum Role: String, Codable, Sendable, Hashable {
        /// It runs the pipeline, or goes on with it.
        case run
        /// It joins one that runs.
        case member
    }

    /// The scheduler's name of it.
    public var id: String
    /// What it is for.
    public var role: Role
    /// When it was queued.
    public var submitted: Date
    /// The jobs that it waits for.
    public var after: [JobDependency]
    /// The command that queued it.
    public var command: [String]
    /// Nodes that it asks for.
    public var nodes: Int

    /// A record.
    public init(
        id: String, role: Role = .run, submitted: Date = Date(), after: [JobDependency] = [], command: [String],
        nodes: Int
    ) {
        self.id = id
        self.role = role
        self.submitted = submitted
        self.after = after
        self.command = command
        self.nodes = nodes
    }
}
