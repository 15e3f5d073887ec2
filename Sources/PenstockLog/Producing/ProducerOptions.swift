internal import PenstockEvents

/// How a producer gathers, bounds and repeats what it sends.
public struct ProducerOptions: Sendable {
    /// How long a record may wait for others before its batch is sent, though nobody flushes; zero sends it as soon as
    /// a batch may go.
    public var linger: Duration
    /// Bytes of records at which a batch is sent. A larger record is a batch of its own.
    public var batchBytes: Int
    /// Records at which a batch is sent.
    public var batchRecords: Int
    /// Bytes of records that are not acknowledged, over all partitions, from which on `send` suspends.
    public var pendingBytes: Int
    /// Batches of one partition that are on their way at once, 1 to 16: of so many the log knows the offsets for a
    /// repeated one.
    public var batchesInFlight: Int
    /// Whether what has gathered is sent when nothing of its partition is on its way any more, without waiting for
    /// `linger`.
    public var isAdaptive: Bool
    /// The name under which records are numbered, so that what is sent again is in the log once; nil for none.
    ///
    /// Of producers with one name the newest is valid in a partition: an older one stops with `producerFenced`. Without
    /// a name a batch whose append failed is not sent again unless the failure says that nothing was written.
    public var name: String?
    /// How failed appends and openings are tried again.
    public var retry: RetryPolicy
    /// What becomes of the records of a partition behind those that failed for good.
    public var afterFailure: ProducerFailures
    /// Where a record goes whose sender does not say.
    public var partitioner: Partitioner
    /// The clock of `linger` and `retry`.
    public var clock: any MonotonicClock

    /// Options.
    public init(
        name: String? = nil, partitioner: Partitioner = .roundRobin, linger: Duration = .milliseconds(5),
        batchBytes: Int = 1 << 20, batchRecords: Int = 100_000, pendingBytes: Int = 32 << 20, batchesInFlight: Int = 5,
        isAdaptive: Bool = true, retry: RetryPolicy = RetryPolicy(), afterFailure: ProducerFailures = .goOn,
        clock: any MonotonicClock = SystemMonotonicClock()
    ) {
        self.name = name
        self.partitioner = partitioner
        self.linger = linger
        self.batchBytes = batchBytes
        self.batchRecords = batchRecords
        self.pendingBytes = pendingBytes
        self.batchesInFlight = batchesInFlight
        self.isAdaptive = isAdaptive
        self.retry = retry
        self.afterFailure = afterFailure
        self.clock = clock
    }

    func validate(topic: String) throws(LogError) {
        func require(_ holds: Bool, _ what: String, _ hint: String) throws(LogError) {
            guard holds else {
                throw LogError(.invalidConfiguration, "a producer of \(topic) cannot have \(what)", hint: hint)
            }
        }
        try require(linger >= .zero, "a linger of \(linger)", "choose zero or more")
        try require(batchBytes > 0, "batches of \(batchBytes) bytes", "choose 1 or more")
        try require(batchRecords > 0, "batches of \(batchRecords) records", "choose 1 or more")
        try require(pendingBytes > 0, "\(pendingBytes) pending bytes", "choose 1 or more")
        try require((1...16).contains(batchesInFlight), "\(batchesInFlight) batches in flight", "choose 1 to 16")
        try retry.validate(for: "an append to \(topic)")
        guard let name else { return }
        guard !name.isEmpty, name.utf8.count <= ProducerTable.nameBytes else {
            throw LogError(
                .invalidProducerName, "a producer of \(topic) cannot have a name of \(name.utf8.count) bytes",
                hint: "choose a name of 1 to \(ProducerTable.nameBytes) bytes")
        }
    }
}

/// What becomes of the records of a partition behind those that failed for good.
public enum ProducerFailures: Sendable, Hashable {
    /// They are sent: what is in the log has a gap, which the receipts tell of.
    case goOn
    /// They fail with the same error: what is in the log is the beginning of what was sent, as an import or a copy
    /// wants it.
    ///
    /// Without a name each batch is for the offset behind the one before it, so that nobody else may append to the
    /// partition meanwhile.
    case stopPartition
}
