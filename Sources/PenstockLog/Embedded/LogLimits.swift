/// The bounds of an embedded log: everything that could grow has one.
public struct LogLimits: Sendable, Hashable {
    /// The largest body of a batch in bytes; below 4 GiB.
    public var batchBytes = 256 << 20
    /// The largest record, attributes and payload together, in bytes.
    public var recordBytes = 128 << 20
    /// Bytes of batches that one writer holds before `submit` suspends. A single larger batch is taken when the writer is empty.
    public var pendingBytesPerWriter = 64 << 20
    /// Producers that number their records, of one partition.
    public var producersPerPartition = 10_000
    /// Bytes that a writer brings to the file, and acknowledges, at once. A single larger batch is a group of its own.
    public var groupBytes = 16 << 20
    /// Bytes of the newest batches of a partition that its writer keeps for readers in the same process.
    public var tailBytesPerPartition = 8 << 20
    /// Readers that may wait at the end of one partition.
    public var waitingReadersPerPartition = 1024
    /// How often bytes are read that do not pass their checks, before they count as damaged.
    public var readAttempts = 3
    /// Bytes that a reader fetches at once where batches are small.
    public var readWindowBytes = 256 << 10
    /// Bytes of verified batches that a reader brings from its thread at once, with at least one batch.
    public var fetchBytes = 1 << 20
    /// Threads that write and sync; the writers are spread over them.
    public var writerThreads = 2
    /// Threads that read and verify; the readers are spread over them.
    public var readerThreads = 2
    /// How often a reader looks for what another process has written, where the storage does not tell of changes.
    public var foreignWriterPollInterval = Duration.milliseconds(20)
    /// How often it looks where the storage does: network file systems do not tell of everything.
    public var watchedPollInterval = Duration.seconds(1)
    /// Bytes of keys that one pass of a compaction holds in memory; more keys take more passes.
    public var compactionKeyBytes = 64 << 20
    /// What the groups hold whose members are of this process.
    public var groups = GroupLimits()
    /// Failures of retention and compaction that are kept; the oldest go first.
    public var maintenanceFailures = 100
    /// Recovery reports that are kept; the oldest go first.
    public var recoveryReports = 1000

    /// The defaults.
    public init() {}
}
