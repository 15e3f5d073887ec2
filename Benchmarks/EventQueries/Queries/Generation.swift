public import Penstock

/// The events of the mixed stream and nothing else: the floor of the queries over it.
func generation(_ input: QueryInput, into rows: ChecksumSink<NexmarkEvent>) -> Flow<Closed> {
    Flow("generation") {
        From(NexmarkSource(events: input.events, seed: input.seed, partitions: input.partitions, stop: input.stop))
        To(rows)
    }
}

/// The events of the keyed stream and nothing else: the floor of `kts`.
func keyedGeneration(_ input: QueryInput, into rows: ChecksumSink<KeyedEvent>) -> Flow<Closed> {
    Flow("generation") {
        From(KeyedSource(events: input.events, seed: input.seed, partitions: input.partitions, stop: input.stop))
        To(rows)
    }
}

extension NexmarkEvent: SummedRow {
    /// Reads every field once; not a hash.
    public static func total(of events: Events<NexmarkEvent>) -> RowTotal {
        var sum: UInt64 = 0
        events.forEachEvent { event, time in
            let numbers = event.id &+ event.other &+ event.price &+ event.reserve &+ time.nanoseconds
            let text = UInt64(event.extra.offset) &+ UInt64(event.extra.length)
            sum &+= UInt64(bitPattern: numbers) ^ text
        }
        return RowTotal(rows: events.count, sum: sum)
    }
}

extension KeyedEvent: SummedRow {
    /// Reads every field once; not a hash.
    public static func total(of events: Events<KeyedEvent>) -> RowTotal {
        var sum: UInt64 = 0
        events.forEachEvent { event, time in
            sum &+= UInt64(bitPattern: event.key &+ event.value &+ time.nanoseconds)
        }
        return RowTotal(rows: events.count, sum: sum)
    }
}
