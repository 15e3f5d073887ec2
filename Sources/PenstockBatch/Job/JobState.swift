/// Where a job, or a run with all of its jobs, is.
public enum JobState: Sendable, Hashable {
    /// Described, and not given to a scheduler yet.
    case new
    /// Waiting, with the scheduler's reason where there is one.
    case queued(reason: String?)
    /// Nodes are being made ready, or the program has not said anything yet.
    case starting
    /// At work.
    case active
    /// Coming to a checkpoint, and then to the end of this job.
    case draining
    /// Given back by the scheduler and waiting to begin again, for the so manieth time.
    case requeued(count: Int)
    /// The work is done.
    case completed
    /// It has ended, and the work is not done.
    case failed(JobFailure)
    /// Somebody has ended it.
    case canceled

    /// Whether nothing comes behind it.
    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .canceled: true
        default: false
        }
    }

    /// One word.
    public var name: String {
        switch self {
        case .new: "new"
        case .queued: "queued"
        case .starting: "starting"
        case .active: "active"
        case .draining: "draining"
        case .requeued: "requeued"
        case .completed: "completed"
        case .failed: "failed"
        case .canceled: "canceled"
        }
    }
}

/// Why a job has failed.
public enum JobFailure: Sendable, Hashable {
    /// Its program ended with this status.
    case exit(Int)
    /// Its program was ended by this signal.
    case signal(Int)
    /// The walltime was over before the work was.
    case timeout
    /// It used more memory than it asked for.
    case outOfMemory
    /// A node went down.
    case nodeFailure
    /// A more important job took its place.
    case preempted
    /// It is not in the queue any more, and has left no word.
    case lost
}

extension JobState: CustomStringConvertible {
    /// The word, and what is known beyond it.
    public var description: String {
        switch self {
        case .queued(let reason?): "queued (\(reason))"
        case .requeued(let count): "requeued (\(count))"
        case .failed(let failure): "failed (\(failure))"
        default: name
        }
    }
}

extension JobFailure: CustomStringConvertible {
    /// Such as `exit 70` or `node failure`.
    public var description: String {
        switch self {
        case .exit(let status): "exit \(status)"
        case .signal(let number): "signal \(number)"
        case .timeout: "walltime"
        case .outOfMemory: "out of memory"
        case .nodeFailure: "node failure"
        case .preempted: "preempted"
        case .lost: "lost"
        }
    }
}

extension JobState: Codable {
    private enum CodingKeys: String, CodingKey { case state, reason, count, failure, number }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        switch try values.decode(String.self, forKey: .state) {
        case "new": self = .new
        case "queued": self = .queued(reason: try values.decodeIfPresent(String.self, forKey: .reason))
        case "starting": self = .starting
        case "active": self = .active
        case "draining": self = .draining
        case "requeued": self = .requeued(count: try values.decode(Int.self, forKey: .count))
        case "completed": self = .completed
        case "canceled": self = .canceled
        case "failed":
            let number = try values.decodeIfPresent(Int.self, forKey: .number) ?? 0
            switch try values.decode(String.self, forKey: .failure) {
            case "exit": self = .failed(.exit(number))
            case "signal": self = .failed(.signal(number))
            case "timeout": self = .failed(.timeout)
            case "out_of_memory": self = .failed(.outOfMemory)
            case "node_failure": self = .failed(.nodeFailure)
            case "preempted": self = .failed(.preempted)
            case "lost": self = .failed(.lost)
            case let other: throw DecodingError.wrong(decoder, "\"\(other)\" is no failure of a job")
            }
        case let other: throw DecodingError.wrong(decoder, "\"\(other)\" is no state of a job")
        }
    }

    /// Writes an object with the state's name and what is known beyond it.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .state)
        switch self {
        case .queued(let reason): try values.encodeIfPresent(reason, forKey: .reason)
        case .requeued(let count): try values.encode(count, forKey: .count)
        case .failed(let failure):
            try values.encode(failure.key, forKey: .failure)
            try values.encodeIfPresent(failure.number, forKey: .number)
        default: break
        }
    }
}

extension JobFailure {
    fileprivate var key: String {
        switch self {
        case .exit: "exit"
        case .signal: "signal"
        case .timeout: "timeout"
        case .outOfMemory: "out_of_memory"
        case .nodeFailure: "node_failure"
        case .preempted: "preempted"
        case .lost: "lost"
        }
    }

    fileprivate var number: Int? {
        switch self {
        case .exit(let number), .signal(let number): number
        default: nil
        }
    }
}
