public import PenstockEvents
public import PenstockLog

/// Where events come from: a file, an instrument, a generator. Topics are sources too, through `From(topic, disorder:)`.
public protocol Source<Output>: Sendable {
    /// The type of the events.
    associatedtype Output: Sendable

    /// How far out of order the events can be.
    var disorder: Disorder { get }

    /// The number of partitions, which are read independently of each other. By default 1.
    var partitionCount: Int { get }

    /// What `explain` prints of the source: its kind and its name, such as `CSV file readings.csv`.
    var summary: String { get }

    /// What all partitions together will give, as far as the source can tell before it is read, for the planning of resources; nil by default.
    /// May look at files.
    func expectation() throws -> SourceExpectation?

    /// Begins to read a partition. Called on a thread of its own, which may block.
    func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Output>
}

extension Source {
    /// One partition.
    public var partitionCount: Int { 1 }

    /// Cannot tell.
    public func expectation() throws -> SourceExpectation? { nil }
}

/// Reads the events of one partition of a source.
public protocol SourceReader<Output> {
    /// The type of the events.
    associatedtype Output: Sendable

    /// Puts events into `batch` until it is full, a control record has to come next, or the source has ended. May block; then it should
    /// look at the context's `isStopping` now and then.
    mutating func read(into batch: inout SourceBatch<Output>) throws -> SourceProgress

    /// Goes on behind the next `count` events and the control records between them, as if they had been read, and says true; or says
    /// false without going on, which is the default: then they are read and dropped. Called once, before anything is read, by a run that
    /// goes on from a checkpoint.
    mutating func skip(_ count: UInt64) throws -> Bool
}

extension SourceReader {
    /// Cannot.
    public mutating func skip(_ count: UInt64) throws -> Bool { false }
}

/// What follows the events that a source has just read.
public enum SourceProgress: Sendable {
    /// More events, perhaps.
    case more
    /// A control record; then more events, perhaps.
    case control(ControlRecord)
    /// Nothing.
    case end
}

/// What a source may know about the run it is part of.
public struct SourceContext: Sendable {
    /// The name of the source's stage.
    public let stage: StageName
    /// An identity for the scan that this source reads, which no other scan in the topics of the run has.
    public let scan: ScanID
    /// The log of the run, for a source that takes commands or answers from a topic; nil for a run without topics. A topic that is read here is
    /// not replayed by the engine: what comes from it has to stand before a `Persist`.
    public let log: (any LogStore)?
    private let stopping: @Sendable () -> Bool
    /// Whether the reader that was opened with this is on its way to where an earlier run was.
    var repeating = Guarded(false)

    init(stage: StageName, scan: ScanID, log: (any LogStore)?, stopping: @escaping @Sendable () -> Bool) {
        self.stage = stage
        self.scan = scan
        self.log = log
        self.stopping = stopping
    }

    /// Whether the user has asked the run to stop: a source then says `.end` at the next opportunity.
    public var isStopping: Bool { stopping() }

    /// Whether what is read now was read by an earlier run and is dropped: a source that keeps to a pace does not wait then.
    public var isRepeating: Bool { repeating.withLock { $0 } }
}

/// The events that a source reads at a time.
public struct SourceBatch<Output: Sendable>: ~Copyable {
    @usableFromInline var builder: ColumnBuilder<Output>
    @usableFromInline let eventLimit: Int
    @usableFromInline var payloadBytes = 0
    private(set) var unreadable: [UnreadableRow] = []

    /// The bytes of payloads after which a batch is full.
    public static var payloadByteLimit: Int { 1 << 20 }

    init(eventLimit: Int) {
        builder = ColumnBuilder(capacity: eventLimit)
        self.eventLimit = eventLimit
    }

    /// Whether the batch takes no more events.
    @inlinable public var isFull: Bool {
        builder.count >= eventLimit || payloadBytes >= Self.payloadByteLimit
    }

    /// Notes that the next event is there but cannot be made of what was read, such as a row of a file with text in place of a number. It
    /// counts as an event of the source, and what becomes of it the policy of the stage says: by default the run ends with `error`.
    /// `bytes` is what was read, for its dead letter.
    public mutating func appendUnreadable(_ error: any Error, bytes: [UInt8] = []) {
        unreadable.append(UnreadableRow(row: builder.count, error: error, bytes: bytes))
        builder.appendHole()
    }

    /// How many events there is room for, not looking at payloads.
    @inlinable public var remaining: Int { eventLimit &- builder.count }

    /// How many events there are.
    @inlinable public var count: Int { builder.count }

    /// Adds `number` events at once, none of which has a payload; `event` gives each by its place among them.
    @inlinable @inline(__always) public mutating func append(_ number: Int, _ event: (Int) -> (Output, Timestamp)) {
        builder.append(number) { place in
            let (value, time) = event(place)
            return (value, time.nanoseconds)
        }
    }

    /// Adds an event. `payloadBytes` is the size of what it refers to, so that few large events fill a batch, too.
    @inlinable @inline(__always) public mutating func append(
        _ value: consuming Output, time: Timestamp, payloadBytes: Int = 0
    ) {
        builder.append(value, time: time.nanoseconds)
        self.payloadBytes &+= payloadBytes
    }
}
