internal import PenstockEvents
internal import Synchronization

/// What one instance of a stage counts of itself. The instance writes, once for each element that it has worked on; the reporter reads.
///
/// What an operator keeps is worked out only when somebody has asked for it.
final class StageMeter: Sendable {
    /// What has been written.
    struct Counts: Sendable {
        /// Events and their bytes that a source has read; those of channels are counted by the inbox.
        var eventsRead = 0
        var bytesRead = 0
        /// Events and their bytes that have left at the end of the stage.
        var output = EventCount()
        /// How long a source has had nothing to read.
        var idle = WaitTime()
        /// How long the log has been waited for.
        var blocked = WaitTime()
        /// When the instance began and ended.
        var begun: Int64?
        var ended: Int64?
        /// The partitions of its source, in the order in which the instance has them.
        var partitions: [PartitionGauge] = []
        /// The operators, in order, as they were when somebody last asked.
        var operators: [OperatorGauge] = []

        /// The reading of a partition is over. One that took long has waited for its device.
        mutating func endReading(of partition: Int, at now: Int64) {
            guard let since = partitions[partition].readingSince, now - since >= PartitionGauge.patience else { return }
            idle.begin(at: since)
            idle.end(at: now)
        }

        /// How long a source has had nothing to read, with the reading that goes on, if it has gone on for long.
        func idle(at now: Int64) -> Int64 {
            let waits = partitions.compactMap { $0.readingSince.map { now - $0 } }.filter {
                $0 >= PartitionGauge.patience
            }
            return idle.total(at: now) + (idle.isWaiting ? 0 : waits.max() ?? 0)
        }
    }

    private let counts = Guarded(Counts())
    private let isAskedFor = Atomic<Bool>(false)

    /// What has been written so far.
    var current: Counts { counts.withLock { $0 } }

    /// Changes what is written.
    func update<Result>(_ change: (inout Counts) -> sending Result) -> sending Result {
        counts.withLock { change(&$0) }
    }

    /// Asks for what the operators keep.
    func ask() { isAskedFor.store(true, ordering: .relaxed) }

    /// Whether somebody has asked for what the operators keep.
    var isAsked: Bool { isAskedFor.load(ordering: .relaxed) }

    /// What the operators keep now.
    func answer(_ operators: [OperatorGauge]) {
        isAskedFor.store(false, ordering: .relaxed)
        counts.withLock { $0.operators = operators }
    }
}

/// Events and their bytes.
struct EventCount: Sendable, Hashable {
    var events = 0
    var bytes = 0
}

/// What an operator has counted and what it keeps.
struct OperatorGauge: Sendable {
    let name: StageName
    var statistics: OperatorStatistics
    var state: StateMeasure
    /// Late events by where they came from, as far as that is known.
    var late: [Origin: Int]

    /// Whether there is nothing to tell.
    var isEmpty: Bool { statistics == OperatorStatistics() && state == StateMeasure() }
}

/// How one partition of a source is read.
struct PartitionGauge: Sendable {
    /// A partition from which nothing has come for so long, in nanoseconds, is quiet, and a reading that takes as long waits for its device.
    static let patience: Int64 = 100_000_000

    let number: Int
    var events = 0
    var bytes = 0
    var futureEvents = 0
    var watermark = Timestamp.distantPast
    /// The largest event time so far, or minus infinity.
    var latest = Timestamp.distantPast
    var hasEnded = false
    /// Whether it is left out of the watermark.
    var isIdle = false
    /// Whether the last reading gave nothing.
    var wasEmpty = false
    /// When something was last read.
    var lastRead: Int64?
    /// When the reading began that goes on.
    var readingSince: Int64?
    /// How long it was not read because it is ahead of the others.
    var paused = WaitTime()
    /// How long it was the one with the least watermark.
    var held: Int64 = 0
    /// How far time came at most in the partition that was furthest while this one was the least, in nanoseconds.
    var largestLead: Int64 = 0
}
