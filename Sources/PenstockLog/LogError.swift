public import PenstockEvents

/// What went wrong in the log, at which place, and what to do about it.
public struct LogError: Diagnostic, Sendable, Hashable {
    /// What kind of failure it is.
    public let code: Code
    /// One line: what happened, to which topic, partition, offset and file.
    public let summary: String
    /// One line: what to do about it.
    public let hint: String?
    /// Where it happened, for programs.
    public let place: Place

    /// Kinds of failure of a log. The raw values are stable names for scripts.
    public enum Code: String, Sendable, Hashable {
        /// The directory exists and holds something else than a log.
        case notALog = "not-a-log"
        /// There is no log at the path.
        case logNotFound = "log-not-found"
        /// The log or a file of it was written by a newer version.
        case newerFormat = "newer-format"
        /// A file of the log was written in another byte order than the format's.
        case foreignByteOrder = "foreign-byte-order"
        /// A file of the log does not hold what the format says.
        case damaged = "damaged"
        /// A topic's name breaks the rules.
        case invalidTopicName = "invalid-topic-name"
        /// A topic's configuration is outside its limits.
        case invalidConfiguration = "invalid-configuration"
        /// The topic is not there.
        case topicNotFound = "topic-not-found"
        /// The consumer group is not there.
        case groupNotFound = "group-not-found"
        /// The topic is there already.
        case topicExists = "topic-exists"
        /// The topic has no partition of this number.
        case partitionNotFound = "partition-not-found"
        /// The topic holds records of another schema.
        case schemaMismatch = "schema-mismatch"
        /// Another writer owns the partition.
        case partitionOwned = "partition-owned"
        /// The partition or the group is another broker's now. What was asked for and not answered may have been done.
        case moved = "moved"
        /// The offset is before the earliest or after the next one.
        case offsetOutOfRange = "offset-out-of-range"
        /// The batch is for another offset than the next one.
        case offsetMismatch = "offset-mismatch"
        /// A part of a payload was asked for that it does not have.
        case rangeOutsidePayload = "range-outside-payload"
        /// A batch or a record is larger than its limit, or a batch is empty.
        case invalidBatch = "invalid-batch"
        /// A producer's name is empty or too long.
        case invalidProducerName = "invalid-producer-name"
        /// The partition has as many producers as the limit allows.
        case tooManyProducers = "too-many-producers"
        /// The producer's number or epoch is none that the partition gave out.
        case unknownProducer = "unknown-producer"
        /// A newer session of the same producer name has begun.
        case producerFenced = "producer-fenced"
        /// Records of the producer are missing before the batch.
        case sequenceGap = "sequence-gap"
        /// The partition holds the first records of the batch, but not all.
        case partlyWritten = "partly-written"
        /// A transaction has the partition to itself.
        case transactionOpen = "transaction-open"
        /// A transaction cannot commit any more: a write failed, or it has ended.
        case transactionFailed = "transaction-failed"
        /// The partitions of a transaction are not what they must be.
        case invalidTransaction = "invalid-transaction"
        /// Whether a transaction committed is not decided yet, by a process that lives.
        case transactionUndecided = "transaction-undecided"
        /// The writer or the reader was closed.
        case closed = "closed"
        /// The task was cancelled while it waited.
        case cancelled = "cancelled"
        /// More readers wait at one partition than the limit allows.
        case tooManyWaiters = "too-many-waiters"
        /// No broker of the log can be reached, or the connection to it was lost.
        case unreachable = "unreachable"
        /// A broker has not answered in time; what was asked may have been done.
        case timedOut = "timed-out"
        /// Whoever asks may not do this.
        case notAllowed = "not-allowed"
        /// The file system has no space left.
        case noSpace = "no-space"
        /// The process may not do this to the file.
        case permissionDenied = "permission-denied"
        /// The process or the machine has too many open files.
        case tooManyOpenFiles = "too-many-open-files"
        /// Another failure of the storage.
        case storage = "storage"
    }

    /// Where in the log something is.
    public struct Place: Sendable, Hashable {
        /// The partition.
        public var partition: TopicPartition?
        /// The offsets that are affected.
        public var offsets: Range<UInt64>?
        /// The file.
        public var file: String?
        /// The position in the file, in bytes.
        public var position: Int?
        /// The sequence at which a producer goes on.
        public var sequence: UInt64?
        /// The address of the broker that has it, as far as is known.
        public var broker: String?

        /// A place; what is not known is nil.
        public init(
            partition: TopicPartition? = nil, offsets: Range<UInt64>? = nil, file: String? = nil, position: Int? = nil,
            sequence: UInt64? = nil, broker: String? = nil
        ) {
            self.partition = partition
            self.offsets = offsets
            self.file = file
            self.position = position
            self.sequence = sequence
            self.broker = broker
        }
    }

    /// An error.
    public init(_ code: Code, _ summary: String, hint: String? = nil, place: Place = Place()) {
        self.code = code
        self.summary = summary
        self.hint = hint
        self.place = place
    }

    /// The kind of failure, from the code.
    public var category: FailureCategory {
        switch code {
        case .damaged: .data
        case .logNotFound, .topicNotFound, .groupNotFound, .partitionNotFound: .noInput
        case .notALog, .newerFormat, .foreignByteOrder, .schemaMismatch, .topicExists: .configuration
        case .invalidTopicName, .invalidConfiguration, .invalidBatch, .offsetOutOfRange, .offsetMismatch,
            .rangeOutsidePayload, .invalidProducerName, .tooManyProducers, .unknownProducer, .sequenceGap,
            .partlyWritten, .invalidTransaction:
            .usage
        case .partitionOwned, .moved, .tooManyWaiters, .cancelled, .producerFenced, .transactionOpen,
            .transactionFailed,
            .transactionUndecided:
            .temporary
        case .unreachable, .timedOut: .unavailable
        case .notAllowed: .configuration
        case .closed: .software
        case .noSpace, .permissionDenied, .tooManyOpenFiles, .storage: .inputOutput
        }
    }
}

extension LogError {
    /// What a failed operation of the storage means for a person.
    init(_ error: StorageError, partition: TopicPartition? = nil) {
        let of = partition.map { " for \($0)" } ?? ""
        let place = Place(partition: partition, file: error.path)
        switch error.reason {
        case .noSpace:
            self.init(
                .noSpace, "no space left to \(error.operation) \(error.path)\(of)",
                hint: "free space or raise the quota; what was acknowledged is intact, and appending can go on then",
                place: place)
        case .permissionDenied:
            self.init(
                .permissionDenied, "no permission to \(error.operation) \(error.path)\(of): \(error.text)",
                hint: "check the owner and the mode of the log's directory, and whether it is mounted read-only",
                place: place)
        case .tooManyOpenFiles:
            self.init(
                .tooManyOpenFiles, "too many open files to \(error.operation) \(error.path)\(of)",
                hint: "raise the limit (ulimit -n) or read and write fewer partitions at once", place: place)
        case .notFound, .notADirectory:
            self.init(
                .storage, "cannot \(error.operation) \(error.path)\(of): \(error.text)",
                hint: "check the path of the log: the folder above it must be there and take new files", place: place)
        case .leaseLost:
            self.init(
                .moved, "cannot \(error.operation) \(error.path)\(of): \(error.text)",
                hint: "open it again: it is another process's now, or was not renewed in time", place: place)
        case .alreadyExists, .notEmpty, .other:
            self.init(.storage, "cannot \(error.operation) \(error.path)\(of): \(error.text)", place: place)
        }
    }
}

/// Runs storage operations and tells their failures as failures of the log.
func explained<Result>(
    _ partition: TopicPartition? = nil, _ body: () throws(StorageError) -> Result
) throws(LogError) -> Result {
    do { return try body() } catch { throw LogError(error, partition: partition) }
}
