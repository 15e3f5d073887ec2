internal import PenstockEvents

extension AsyncQueue.Leaving {
    /// The results, in the columns of the batch of their events: the time, the key and the mark of each are those of its event, its place is the
    /// number of the event in an origin of their own. Nil where no event has one.
    func results(of origin: Origin) -> Batch? {
        let found = zip(rows, values).compactMap { row, value in value.map { (row: row, value: $0) } }
        guard !found.isEmpty else { return nil }
        let values = ValueColumn(ValueType(Out.self), capacity: requests.rowCount)
        for result in found {
            (values.base.assumingMemoryBound(to: Out.self) + result.row).initialize(to: result.value)
        }
        let selection = Selection(Column(found.map { UInt32($0.row) }), count: found.count)
        values.setInitialized(count: requests.rowCount, live: selection)
        var batch = Batch(
            origin: origin, baseSequence: 0, rowCount: requests.rowCount, times: requests.times, values: values,
            keys: requests.keys, behind: requests.behind, watermark: requests.watermark)
        batch.selection = selection
        batch.payloadBytes = requests.payloadBytes
        let column = Column<UInt64>(capacity: requests.rowCount)
        for (row, number) in zip(rows, numbers) { column.values[row] = number }
        batch.numbers = column
        batch.keepsSources = requests.keepsSources
        if requests.keepsSources {
            let places = Column<SourcePlace>(capacity: requests.rowCount)
            for row in rows { places.values[row] = requests.sourcePlace(row) }
            batch.sourcePlaces = places
        }
        return batch
    }
}
