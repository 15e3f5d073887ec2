public import Penstock

/// kts: the sum of each of a million keys in windows of 10 seconds.
func keyTotals(_ input: QueryInput, into rows: ChecksumSink<Summed<Int64, Int64>>) -> Flow<Closed> {
    Flow("kts") {
        From(KeyedSource(events: input.events, seed: input.seed, partitions: input.partitions, stop: input.stop))
        KeyBy(\KeyedEvent.key)
        Tumbling(every: .seconds(10))
        Sum(\KeyedEvent.value)
        To(rows)
    }
}

extension Summed: SummedRow, HashedRow where Key == Int64, Number == Int64 {
    /// Key, end of the window, sum.
    @inline(__always) public func hash(into hash: inout RowHash) {
        hash.add(key)
        hash.add(window.end)
        hash.add(sum)
    }
}
