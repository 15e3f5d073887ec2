internal import PenstockEvents

/// A record or a row of a source that could not be made an event of. It has a row of its own in the columns, without a value.
struct UnreadableRow: Sendable {
    let row: Int
    let error: any Error
    /// What there is of it.
    let bytes: [UInt8]
}

// Events that cannot be read, or whose time none can have: left out before the clock sees them, so that they move no watermark.
extension SourcePartition {
    /// Takes out of a batch what nothing can be done with.
    /// - Throws: `EngineError` that names the event, where the run is to end.
    func refuse(_ unreadable: [UnreadableRow], of batch: inout Batch, _ refused: FailedEvents) throws {
        let kept = Column<UInt32>(capacity: batch.count)
        var count = 0
        // The turn of a refused event follows from those before it in its partition.
        var newest = Int64.min
        var rest = unreadable[...]
        func refuseUnreadable(before row: Int) throws {
            while let next = rest.first, next.row < row {
                rest.removeFirst()
                let place = place(of: next.row, batch, newest)
                try refused.refuse(place, type: batch.values.element.name, bytes: next.bytes, next.error)
            }
        }
        try batch.forEachRow { row throws in
            try refuseUnreadable(before: row)
            let time = batch.times.values[row]
            if isUsable(time) {
                kept.values[count] = UInt32(row)
                count += 1
                newest = max(newest, time)
            } else {
                let turn = place(of: row, batch, newest).effectiveNanoseconds
                try refused.refuse(batch, row: row, effectiveTime: turn, IllegalTime(nanoseconds: time))
            }
        }
        try refuseUnreadable(before: .max)
        batch.selection = Selection(kept, count: count)
    }

    private func isUsable(_ time: Int64) -> Bool { Timestamp(nanoseconds: time).isUsable }

    /// The place of an event: at its time, unless that is none or behind the watermark; then at once.
    private func place(of row: Int, _ batch: Batch, _ newest: Int64) -> EventPlace {
        let time = batch.times.values[row]
        let before = watermark(behind: newest)
        let earliest = before == .min ? (isUsable(time) ? time : 0) : before + 1
        return EventPlace(
            nanoseconds: time, effectiveNanoseconds: isUsable(time) ? max(time, earliest) : earliest,
            origin: batch.origin, sequence: batch.baseSequence + UInt64(row))
    }
}
