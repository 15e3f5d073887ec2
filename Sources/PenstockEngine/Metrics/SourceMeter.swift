internal import PenstockEvents

/// Writes down how the partitions of a source are read. Looks at the clock twice for each reading.
struct SourceMeter {
    private let meter: StageMeter
    private let clock: any RunClock
    /// The last instant that was looked at.
    private var now: Int64
    /// The partition that has had the least watermark, and since when that has not been written down.
    private var holder: Int?
    private var heldSince: Int64

    init(_ meter: StageMeter, _ clock: any RunClock, partitions: [Int]) {
        self.meter = meter
        self.clock = clock
        now = clock.nanoseconds
        heldSince = now
        meter.update { $0.partitions = partitions.map { PartitionGauge(number: $0) } }
    }

    /// A partition is about to be read.
    mutating func begin(_ index: Int) {
        now = clock.nanoseconds
        let now = now
        meter.update { counts in
            counts.idle.end(at: now)
            counts.partitions[index].paused.end(at: now)
            counts.partitions[index].readingSince = now
        }
    }

    /// A partition has been read.
    mutating func end(_ index: Int, _ reading: SourcePartition.Reading, _ partitions: [SourcePartition]) {
        let (before, now) = (heldSince, clock.nanoseconds)
        (self.now, heldSince) = (now, now)
        let events = reading.batch?.count ?? 0
        let bytes = reading.batch.map { $0.byteCount(ofRows: events) } ?? 0
        let (least, lead) = Self.least(partitions)
        let partition = partitions[index]
        meter.update { [holder] counts in
            counts.endReading(of: index, at: now)
            counts.eventsRead += events
            counts.bytesRead += bytes
            let isEmpty = reading.isEmpty && !partition.hasEnded
            counts.partitions[index].note(partition, events: events, bytes: bytes, isEmpty: isEmpty, at: now)
            counts.partitions[index].futureEvents += reading.future?.count ?? 0
            if let holder { counts.partitions[holder].held += now - before }
            if let least { counts.partitions[least].largestLead = max(counts.partitions[least].largestLead, lead) }
        }
        holder = least
    }

    /// A partition is not read, because it is ahead of the others.
    func pause(_ index: Int) {
        meter.update { [now] in $0.partitions[index].paused.begin(at: now) }
    }

    /// No partition had anything.
    func idle() {
        let now = clock.nanoseconds
        meter.update { $0.idle.begin(at: now) }
    }

    /// The partition with the least watermark, where there are several that count, and how far the furthest is ahead of it.
    private static func least(_ partitions: [SourcePartition]) -> (index: Int?, lead: Int64) {
        guard partitions.count > 1 else { return (nil, 0) }
        var least: Int?
        var furthest = Int64.min
        for (index, partition) in partitions.enumerated() where !partition.hasEnded && !partition.quiet.isIdle {
            let watermark = partition.watermark
            if let known = least, watermark >= partitions[known].watermark {} else { least = index }
            furthest = max(furthest, watermark.nanoseconds)
        }
        guard let least, partitions[least].watermark > .distantPast else { return (least, 0) }
        return (least, furthest - partitions[least].watermark.nanoseconds)
    }
}

extension PartitionGauge {
    fileprivate mutating func note(
        _ partition: SourcePartition, events: Int, bytes: Int, isEmpty: Bool, at now: Int64
    ) {
        self.events += events
        self.bytes += bytes
        watermark = partition.watermark
        latest = partition.latest
        hasEnded = partition.hasEnded
        isIdle = partition.quiet.isIdle
        wasEmpty = isEmpty
        readingSince = nil
        if !isEmpty { lastRead = now }
    }
}
