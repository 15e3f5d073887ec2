public import Penstock

/// The mixed stream of persons, auctions and bids, 1 : 3 : 46, ten events per millisecond of event time.
///
/// Partition p of P has the events p, p + P, p + 2P … An event is a pure function of the seed and its number, so that a reading position
/// is a number.
public struct NexmarkSource: Source {
    /// The number of events of all partitions together.
    public let events: Int
    /// What the random numbers come from.
    public let seed: UInt64
    /// The number of partitions.
    public let partitionCount: Int

    static var rate: UInt64 { 10 }

    /// What happens at an event; nil for nothing.
    private let stop: StopPoint?

    /// The first `events` events.
    public init(events: Int, seed: UInt64, partitions: Int = 1, stop: StopPoint? = nil) {
        self.stop = stop
        self.events = events
        self.seed = seed
        partitionCount = partitions
    }

    /// 5 seconds.
    public var disorder: Disorder { PNX1.disorder }

    /// The number of events and the seed.
    public var summary: String { "\(events) events of Nexmark, seed \(seed)" }

    /// Begins with the first event of the partition.
    public func open(_ partition: Int, context: SourceContext) -> any SourceReader<NexmarkEvent> {
        Reader(seed: seed, stop: stop, range: PartitionRange(events: events, partition: partition, of: partitionCount))
    }

    private struct Reader: SourceReader {
        let seed: UInt64
        let text = TextPool.shared
        let stop: StopPoint?
        var range: PartitionRange

        mutating func read(into batch: inout SourceBatch<NexmarkEvent>) -> SourceProgress {
            if let stop, stop.holds(at: range.next) { return .more }
            let (seed, text, step) = (seed, text, range.step)
            let (first, count) = range.take(batch.remaining)
            for place in 0..<UInt64(count) {
                let event = NexmarkEvent(seed: seed, event: first &+ place &* step, text: text)
                batch.append(event, time: event.time)
            }
            return range.isEmpty ? .end : .more
        }

        mutating func skip(_ count: UInt64) -> Bool {
            range.skip(count)
            return true
        }
    }
}

/// The numbers of a partition's events that have not been read yet: every `step`-th one.
struct PartitionRange {
    private(set) var next: Int
    private let end: Int
    let step: UInt64

    init(events: Int, partition: Int, of count: Int) {
        next = partition
        end = events
        step = UInt64(count)
    }

    var isEmpty: Bool { next >= end }

    /// Goes behind the next numbers.
    mutating func skip(_ count: UInt64) { next += Int(count * step) }

    /// The next numbers, at most `limit`: the first of them and how many there are.
    mutating func take(_ limit: Int) -> (first: UInt64, count: Int) {
        let left = isEmpty ? 0 : (end - next + Int(step) - 1) / Int(step)
        let count = min(limit, left)
        defer { next += count * Int(step) }
        return (UInt64(next), count)
    }
}
