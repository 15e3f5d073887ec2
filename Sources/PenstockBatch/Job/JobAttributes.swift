/// How a job is to be queued: the terms of PSI/J's JobAttributes, with arrays, dependencies and signals added.
public struct JobAttributes: Codable, Sendable, Hashable {
    /// How long the job may run.
    public var duration: Walltime
    /// The queue or partition; nil for the site's default.
    public var queueName: String?
    /// The account, allocation or project that pays.
    public var account: String?
    /// A reservation to run in.
    public var reservationID: String?
    /// Properties that nodes must have, in the scheduler's own words.
    public var constraint: String?
    /// Directives that are passed through as they are, by names such as `slurm.qos` or `pbs.l`.
    public var customAttributes: [String: String]
    /// The same script several times, each with its index.
    public var array: JobArray?
    /// How long before the end of the walltime the scheduler is asked for a signal, in seconds; nil for none. Our own clock decides in any case.
    public var signalSeconds: Int?
    /// Whether the scheduler may begin the job again by itself, after a node failed or a more important job took its place.
    public var requeue: Bool

    /// Attributes: 10 minutes by default, as PSI/J has it.
    public init(
        duration: Walltime = Walltime(seconds: 600), queueName: String? = nil, account: String? = nil,
        reservationID: String? = nil, constraint: String? = nil, customAttributes: [String: String] = [:],
        array: JobArray? = nil, signalSeconds: Int? = nil, requeue: Bool = false
    ) {
        self.duration = duration
        self.queueName = queueName
        self.account = account
        self.reservationID = reservationID
        self.constraint = constraint
        self.customAttributes = customAttributes
        self.array = array
        self.signalSeconds = signalSeconds
        self.requeue = requeue
    }

    private enum CodingKeys: String, CodingKey {
        case duration, account, constraint, array, requeue
        case queueName = "queue_name"
        case reservationID = "reservation_id"
        case customAttributes = "custom_attributes"
        case signalSeconds = "signal_seconds"
    }

    /// The directives for a scheduler: those whose names begin with `prefix` and a dot, without that, by name.
    func directives(for prefix: String) -> [(name: String, value: String)] {
        customAttributes.filter { $0.key.hasPrefix(prefix + ".") }.sorted { $0.key < $1.key }
            .map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) }
    }
}

/// One script that a scheduler runs several times.
public struct JobArray: Codable, Sendable, Hashable {
    /// How many tasks there are, 1 or more; their indices begin with 0.
    public var count: Int
    /// The most tasks at a time; nil for no limit.
    public var throttle: Int?

    /// An array.
    public init(count: Int, throttle: Int? = nil) { (self.count, self.throttle) = (count, throttle) }

    /// `0-10`, with `%2` behind it where tasks are throttled: the form that Slurm, OpenPBS and Torque read alike.
    public var range: String { "0-\(count - 1)" + (throttle.map { "%\($0)" } ?? "") }
}

/// What a job waits for.
public struct JobDependency: Codable, Sendable, Hashable {
    /// The kinds that every scheduler knows.
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        /// The other job is over, however it ended.
        case afterAny = "afterany"
        /// The other job has ended with status 0.
        case afterOK = "afterok"
        /// The other job has failed.
        case afterNotOK = "afternotok"
    }

    /// How the other job has to end.
    public var kind: Kind
    /// The scheduler's name of the other job.
    public var job: String
    /// The folder of the run that the other job belongs to; nil for the same run. Only the local scheduler has to know it.
    public var folder: String?

    /// A dependency.
    public init(_ kind: Kind, _ job: String, in folder: String? = nil) {
        (self.kind, self.job, self.folder) = (kind, job, folder)
    }
}
