public import PenstockEvents

/// What a consumer reads of its partitions, how far ahead, and what it does at their ends and defects.
public struct ConsumerOptions: Sendable {
    /// Where a partition begins that the group has no position in.
    public var start: ConsumerStart
    /// What of the records is brought into memory; with `.attributes` payloads are fetched by
    /// `RecordConsumer.payloads`.
    public var parts: RecordParts
    /// When positions are committed; of a consumer with a group.
    public var commits: ConsumerCommits
    /// Bytes of records that are fetched ahead of delivery, over all partitions; each has an equal share. A batch of
    /// the partition whose turn it is may come on top, and what batches are larger than the ones before them.
    public var prefetchBytes: Int
    /// The name under which it comes back into its group, as `GroupMember.instance`.
    public var instance: String?
    /// How long its group keeps its partitions when its connection has ended, as `GroupMember.sessionTimeout`.
    public var sessionTimeout: Duration
    /// How long it may take to give partitions back, as `GroupMember.rebalanceTimeout`.
    public var rebalanceTimeout: Duration
    /// When a partition is over.
    public var end: ConsumerEnd
    /// What happens where records are damaged, or gone before they were read.
    public var losses: ConsumerLosses
    /// Whether control records are delivered.
    public var deliversControl: Bool
    /// How failed readings are tried again.
    public var retry: RetryPolicy
    /// The clock of automatic commits and of `retry`.
    public var clock: any MonotonicClock

    /// Options.
    public init(
        start: ConsumerStart = .first, parts: RecordParts = .everything,
        commits: ConsumerCommits = .automatic(every: .seconds(1)), prefetchBytes: Int = 16 << 20,
        instance: String? = nil, sessionTimeout: Duration = .seconds(10), rebalanceTimeout: Duration = .seconds(300),
        end: ConsumerEnd = .endOfStream, losses: ConsumerLosses = .stop, deliversControl: Bool = false,
        retry: RetryPolicy = RetryPolicy(), clock: any MonotonicClock = SystemMonotonicClock()
    ) {
        self.start = start
        self.parts = parts
        self.commits = commits
        self.prefetchBytes = prefetchBytes
        self.instance = instance
        self.sessionTimeout = sessionTimeout
        self.rebalanceTimeout = rebalanceTimeout
        self.end = end
        self.losses = losses
        self.deliversControl = deliversControl
        self.retry = retry
        self.clock = clock
    }

    func validate() throws(LogError) {
        guard prefetchBytes > 0 else {
            throw LogError(
                .invalidConfiguration, "a consumer cannot fetch \(prefetchBytes) bytes ahead", hint: "choose 1 or more")
        }
        if case .automatic(let interval) = commits, interval < .zero {
            throw LogError(
                .invalidConfiguration, "a consumer cannot commit every \(interval)", hint: "choose zero or more")
        }
        try retry.validate(for: "a reading")
    }
}

/// A place in a partition where a consumer goes to.
public enum ConsumerStart: Sendable, Hashable {
    /// The first record that is still there.
    case first
    /// Behind the last record: only what comes from now on.
    case end
    /// So many offsets before the end, or the first record where there are fewer.
    case last(UInt64)
    /// This offset.
    case offset(UInt64)
    /// The first record at or behind this event time, as `ReadPosition.time`.
    case time(Timestamp)
    /// The group's position, and the first record where it has none.
    case committed
}

/// When a consumer commits its positions.
public enum ConsumerCommits: Sendable, Hashable {
    /// When the program says so.
    case manual
    /// Behind what was delivered once the next batch is asked for: at this interval, when a partition is given back,
    /// and at close. Never ahead of that.
    case automatic(every: Duration)
}

/// When a partition is over for a consumer.
public enum ConsumerEnd: Sendable, Hashable {
    /// At the control record that ends the stream; without one never.
    case endOfStream
    /// There, or where everything was read that was committed by then.
    case caughtUp
}

/// What a consumer does where records are lost: damaged, or removed by retention before they were read.
public enum ConsumerLosses: Sendable, Hashable {
    /// Stops with the error, which names them.
    case stop
    /// Delivers the error in their place, and goes on behind them.
    case skip
}
