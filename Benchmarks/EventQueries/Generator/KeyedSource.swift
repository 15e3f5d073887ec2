public import Penstock

/// An event of the keyed stream.
public struct KeyedEvent: BitwiseCopyable, Sendable, Hashable {
    /// The key, one of a million.
    public var key: Int64
    /// A number below a thousand.
    public var value: Int64
    /// When it happened.
    public var time: Timestamp

    /// Event `n` of the stream.
    @inline(__always) init(seed: UInt64, event n: UInt64) {
        let draws = Draws(seed: seed, event: n)
        key = Int64(bitPattern: draws.below(1_000_000, 2))
        value = Int64(bitPattern: draws.below(1000, 3))
        time = draws.time(event: n, rate: KeyedSource.rate)
    }
}

/// A stream of numbers with a million keys, a hundred events per millisecond of event time; partitions as those of `NexmarkSource`.
public struct KeyedSource: Source {
    /// The number of events of all partitions together.
    public let events: Int
    /// What the random numbers come from.
    public let seed: UInt64
    /// The number of partitions.
    public let partitionCount: Int

    static var rate: UInt64 { 100 }

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
    public var summary: String { "\(events) keyed events, seed \(seed)" }

    /// Begins with the first event of the partition.
    public func open(_ partition: Int, context: SourceContext) -> any SourceReader<KeyedEvent> {
        Reader(seed: seed, stop: stop, range: PartitionRange(events: events, partition: partition, of: partitionCount))
    }

    private struct Reader: SourceReader {
        let seed: UInt64
        let stop: StopPoint?
        var range: PartitionRange

        mutating func read(into batch: inout SourceBatch<KeyedEvent>) -> SourceProgress {
            if let stop, stop.holds(at: range.next) { return .more }
            let (seed, step) = (seed, range.step)
            let (first, count) = range.take(batch.remaining)
            batch.append(count) { place in
                let event = KeyedEvent(seed: seed, event: first &+ UInt64(bitPattern: Int64(place)) &* step)
                return (event, event.time)
            }
            return range.isEmpty ? .end : .more
        }

        mutating func skip(_ count: UInt64) -> Bool {
            range.skip(count)
            return true
        }
    }
}
