public import PenstockEvents

/// What a run has done and where it stands, at an instant. Nothing of it ever reaches a result.
public struct RunFigures: Sendable {
    /// How long the run has gone on.
    public internal(set) var elapsed: Duration
    /// The stages, in the order of the plan.
    public internal(set) var stages: [StageFigures]
    /// The edges between instances of stages.
    public internal(set) var edges: [EdgeFigures]
    /// The checkpoints; nil in a run without any.
    public internal(set) var checkpoints: CheckpointFigures?
    /// Whether the run is over.
    public internal(set) var isOver: Bool
}

/// A physical stage: what runs as one, as `explain` shows it.
public struct StageFigures: Sendable {
    /// The stage's number in the plan.
    public let index: Int
    /// The name of its first and, where it has more, of its last step.
    public let label: String
    /// The instances, in order.
    public internal(set) var instances: [InstanceFigures]
    /// The operators that keep or count something, over all instances.
    public internal(set) var operators: [OperatorFigures]
    /// The partitions of its source, in order; empty for a stage behind channels.
    public internal(set) var partitions: [PartitionFigures]
    /// How far time has come in all instances; minus infinity before the first events, plus infinity once all have ended.
    public internal(set) var watermark: Timestamp
    /// How far the watermark is behind the largest event time that the sources before the stage have read; nil where there is none of either.
    public internal(set) var lag: Duration?
    /// Who holds the watermark, and why; nil once all has ended.
    public internal(set) var hold: WatermarkHold?

    /// Events that came in.
    public var eventsIn: Int { instances.reduce(0) { $0 + $1.eventsIn } }
    /// Their bytes: times, values, keys, and payloads as far as the source said.
    public var bytesIn: Int { instances.reduce(0) { $0 + $1.bytesIn } }
    /// Events that left at its end, side outputs not counted.
    public var eventsOut: Int { instances.reduce(0) { $0 + $1.eventsOut } }
    /// Their bytes.
    public var bytesOut: Int { instances.reduce(0) { $0 + $1.bytesOut } }
    /// What its operators have counted.
    public var statistics: OperatorStatistics { operators.reduce(OperatorStatistics()) { $0 + $1.statistics } }
    /// The bytes of state of its operators that are on disk.
    public var spilledBytes: Int { operators.reduce(0) { $0 + $1.spilledBytes } }
    /// The bytes that its operators keep in memory.
    public var stateBytes: Int { operators.reduce(0) { $0 + $1.stateBytes } }
    /// The keys that its operators keep.
    public var stateKeys: Int { operators.reduce(0) { $0 + $1.stateKeys } }
    /// Windows, sessions and scans that are open.
    public var openWindows: Int { operators.reduce(0) { $0 + $1.openWindows } }
}

/// An instance of a stage.
public struct InstanceFigures: Sendable {
    /// The number of the instance.
    public let number: Int
    /// Events that came in, and their bytes.
    public internal(set) var eventsIn = 0, bytesIn = 0
    /// Events that left at its end, and their bytes.
    public internal(set) var eventsOut = 0, bytesOut = 0
    /// Time that was spent working: neither idle nor blocked. A source whose reader waits for a device for less than 0.1 s counts as busy.
    public internal(set) var busy = Duration.zero
    /// Time that was spent waiting for those behind it, or for the log to acknowledge.
    public internal(set) var blocked = Duration.zero
    /// Time that was spent waiting for something to do.
    public internal(set) var idle = Duration.zero
    /// How far time has come.
    public internal(set) var watermark = Timestamp.distantPast
    /// Whether it has ended.
    public internal(set) var hasEnded = false
}

/// An operator of a stage.
public struct OperatorFigures: Sendable {
    /// Its name.
    public let name: StageName
    /// What it has counted in this run.
    public internal(set) var statistics = OperatorStatistics()
    /// Late events by the partition of the source that they came from, as far as that is known.
    public internal(set) var lateByPartition: [SourcePartitionName: Int] = [:]
    /// Keys of which something is kept; in windows of time a key counts once for each slice of time and each partition.
    public internal(set) var stateKeys = 0
    /// Events that are kept themselves.
    public internal(set) var stateEvents = 0
    /// About how many bytes that takes in memory, without what the author's own states refer to.
    public internal(set) var stateBytes = 0
    /// How many bytes of state are on disk.
    public internal(set) var spilledBytes = 0
    /// Windows, sessions or scans that have events and have not closed, over all instances.
    public internal(set) var openWindows = 0
    /// Where the first of them ends; nil where that is not known.
    public internal(set) var firstEnd: Timestamp?
}

/// A partition of a source.
public struct SourcePartitionName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The source.
    public let stage: StageName
    /// The number of the partition.
    public let partition: Int

    /// By the source, then by number.
    public static func < (a: SourcePartitionName, b: SourcePartitionName) -> Bool {
        a.stage == b.stage ? a.partition < b.partition : a.stage < b.stage
    }

    /// Such as `partition 1 of means/From`.
    public var description: String { "partition \(partition) of \(stage)" }
}

/// How a partition of a source is read.
public struct PartitionFigures: Sendable {
    /// Which one.
    public let name: SourcePartitionName
    /// Events that were read.
    public internal(set) var events = 0
    /// Their bytes.
    public internal(set) var bytes = 0
    /// Events that were refused because they are too far in the future.
    public internal(set) var futureEvents = 0
    /// How far time has come in it.
    public internal(set) var watermark = Timestamp.distantPast
    /// The largest event time; nil before the first event.
    public internal(set) var latest: Timestamp?
    /// What is done with it now.
    public internal(set) var reading: PartitionReading
    /// How long it was not read because it was ahead of the others.
    public internal(set) var paused = Duration.zero
    /// How long it had the least watermark of the partitions that are read together.
    public internal(set) var held = Duration.zero
    /// How far the partition that had come furthest was ahead of it, at most, while it was the least.
    public internal(set) var largestLead = Duration.zero
}

/// What is done with a partition of a source.
public enum PartitionReading: Sendable, Hashable {
    /// It is read.
    case reading
    /// Nothing has come from it yet.
    case noRecordYet
    /// It has had nothing for so long.
    case quiet(Duration)
    /// It has had nothing for so long that it is left out of the watermark.
    case idle(Duration)
    /// It is ahead of the others and waits for them.
    case paused(Duration)
    /// It has ended.
    case ended
}

/// A bounded queue between two instances.
public struct EdgeFigures: Sendable {
    /// The stage and the instance that send.
    public let from: InstanceName
    /// The stage and the instance that receive.
    public let to: InstanceName
    /// Events that wait.
    public internal(set) var queued = 0
    /// How much of the sender's credit is used up, 0 to 1.
    public internal(set) var fill = 0.0
    /// Events that were put in, and their bytes.
    public internal(set) var events = 0, bytes = 0
    /// Events that an edge which may lose some has given up.
    public internal(set) var dropped = 0
    /// How long the sender has waited for room.
    public internal(set) var blocked = Duration.zero
    /// Whether the sender waits now.
    public internal(set) var isBlocked = false
}

/// An instance of a stage, by numbers.
public struct InstanceName: Sendable, Hashable, CustomStringConvertible {
    /// The number of the stage in the plan.
    public let stage: Int
    /// The number of the instance.
    public let instance: Int

    /// Such as `2.0`.
    public var description: String { "\(stage).\(instance)" }
}

/// The checkpoints of a run.
public struct CheckpointFigures: Sendable, Hashable {
    /// Checkpoints that were kept.
    public internal(set) var kept = 0
    /// Checkpoints that were begun and given up.
    public internal(set) var abandoned = 0
    /// The number of the last one that was kept; nil before the first.
    public internal(set) var lastEpoch: UInt64?
    /// The bytes of the states in the last one.
    public internal(set) var lastBytes = 0
    /// How long the last one took, from its barriers to its acknowledgement.
    public internal(set) var lastDuration = Duration.zero
    /// How long the longest took.
    public internal(set) var longestDuration = Duration.zero
    /// The bytes of the states in all of them.
    public internal(set) var totalBytes = 0
}

/// Why a stage's watermark is where it is.
public struct WatermarkHold: Sendable, Hashable {
    /// The partition with the least watermark.
    public let partition: SourcePartitionName
    /// Why it has come no further.
    public let reason: Reason

    /// Why time has come no further.
    public enum Reason: Sendable, Hashable {
        /// Nothing has come from the partition yet.
        case noRecordYet
        /// The partition has had nothing for so long.
        case quiet(Duration)
        /// The partition waits until those that it is aligned with have come as far.
        case paused(Duration)
        /// The partition is further than the stage, but what it sent is held up at an edge whose receiver does not keep up.
        case blocked(from: InstanceName, to: InstanceName)
        /// The partition is further than the stage; what it sent waits in a queue.
        case queued(from: InstanceName, to: InstanceName)
        /// It is being read: its events are the oldest.
        case reading
    }
}
