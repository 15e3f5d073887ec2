public import PenstockEvents
internal import PenstockLog

/// How a plan is run.
public struct RunOptions: Sendable {
    /// The most events of a batch, 1 to 65,536. Never changes a result.
    public var batchEvents: Int
    /// Whether output that exists already may be replaced.
    public var overwrite: Bool
    /// What persisted topics are read from.
    public var reading: Reading
    /// Which records of a replayed scan are read; nil for all. A live run has none.
    public var replayBounds: ReplayBounds?
    /// The number of partitions and the durability of topics that the run has to create.
    public var topicDurability: TopicDurability
    /// The durability as the log has it.
    var durability: Durability { topicDurability == .durable ? .durable : .pageCache }
    /// How checkpoints are kept; nil for a run without any.
    public var checkpoints: CheckpointOptions?
    /// The folder for the state of stages with a `memoryLimit`, made where it is absent; nil for that of temporary files. Nothing stays there
    /// behind the run.
    public var spillDirectory: String? {
        didSet { spillFolder = spillDirectory.map { DiskSpillFolder(path: $0) } ?? .temporary }
    }
    /// Where state goes for which there is no room in memory.
    var spillFolder: any SpillFolder = DiskSpillFolder.temporary
    /// Where decisions are kept that no replay can compute, or taken from; nil for a run that does neither.
    public var journal: JournalOptions?
    /// How much of remembered answers is in memory.
    var answerLimits = AnswerMemory.Limits()
    /// By which clock a partition is idle.
    package var clock: any RunClock = MonotonicClock()
    /// Moves the run step by step; nil for one that runs by itself.
    package var steps: RunSteps?

    /// What persisted topics are read from.
    public enum Reading: Sendable, Hashable {
        /// What this run records.
        case live
        /// What an earlier run recorded: the scan with this number, or the last one.
        case replay(ScanID?)
    }

    /// When an append to a topic that the run creates is acknowledged.
    public enum TopicDurability: String, Sendable, Hashable, CaseIterable {
        /// After the device has flushed it.
        case durable
        /// After the operating system has taken it: survives the end of the process, not of the machine.
        case pageCache = "page-cache"
    }

    /// The default number of events of a batch.
    public static let defaultBatchEvents = 8192

    /// The options of a live run.
    public init(
        batchEvents: Int = defaultBatchEvents, overwrite: Bool = false, reading: Reading = .live,
        topicDurability: TopicDurability = .durable, checkpoints: CheckpointOptions? = nil,
        spillDirectory: String? = nil
    ) {
        self.batchEvents = batchEvents
        self.overwrite = overwrite
        self.reading = reading
        self.topicDurability = topicDurability
        self.checkpoints = checkpoints
        self.spillDirectory = spillDirectory
        if let spillDirectory { spillFolder = DiskSpillFolder(path: spillDirectory) }
    }

    func check() throws(EngineError) {
        guard (1...65_536).contains(batchEvents) else {
            throw .option(problem: "a batch of \(batchEvents) events is not possible", hint: "choose 1 to 65536")
        }
        try checkpoints?.check()
    }
}
