internal import PenstockEvents

/// What an inbox counts of one of its senders. It is kept beside the lane, so that it is there when the lane has been given up.
struct LaneGauge: Sendable {
    /// Events that were put in.
    private(set) var events = 0
    /// Events that the receiver has taken.
    private(set) var eventsTaken = 0
    /// Bytes of the events that were put in.
    private(set) var bytes = 0
    /// Bytes of the events that the receiver has taken.
    private(set) var bytesTaken = 0
    /// How far time has come in what was put in.
    private(set) var watermark = Timestamp.distantPast
    /// How far time has come in what the receiver has taken.
    private(set) var watermarkTaken = Timestamp.distantPast
    /// Whether the receiver has taken the end.
    private(set) var hasEnded = false
    /// Events that an edge which may lose some has given up.
    var eventsDropped = 0
    /// How long the sender has waited for credit.
    var blocked = WaitTime()

    /// Events that wait for the receiver.
    var eventsQueued: Int { max(events - eventsTaken - eventsDropped, 0) }

    /// Rows of a batch were put in.
    mutating func put(_ batch: Batch, rows: Int) {
        events += rows
        bytes += batch.byteCount(ofRows: rows)
        watermark = max(watermark, batch.watermark)
    }

    /// An element was put in.
    mutating func put(_ element: StreamElement) {
        switch element {
        case .batch(let batch): put(batch, rows: batch.count)
        case .watermark(let time): watermark = max(watermark, time)
        case .control, .barrier, .end: break
        }
    }

    /// The receiver has taken an element.
    mutating func take(_ element: StreamElement) {
        switch element {
        case .batch(let batch):
            eventsTaken += batch.count
            bytesTaken += batch.byteCount(ofRows: batch.count)
            watermarkTaken = max(watermarkTaken, batch.watermark)
        case .watermark(let time): watermarkTaken = max(watermarkTaken, time)
        case .end: hasEnded = true
        case .control, .barrier: break
        }
    }
}

/// What an inbox is like at an instant.
struct InboxGauge: Sendable {
    var lanes: [LaneGauge]
    /// How full each lane is, 0 to 1.
    var fills: [Double]
    /// How long the receiver has waited for something to take.
    var idle: WaitTime
}

extension Batch {
    /// How much memory so many of the rows take: times, values, keys, and where it is known what the values refer to.
    func byteCount(ofRows rows: Int) -> Int {
        guard rows > 0 else { return 0 }
        let keyBytes = keys == nil ? 0 : MemoryLayout<UInt64>.stride
        let columns = rows * (MemoryLayout<Int64>.stride + values.element.stride + keyBytes)
        let apart = payloadBytes + (keys?.arena?.bytes.count ?? 0)
        // What is apart is known of all rows together.
        return apart == 0 ? columns : columns + Int(Double(apart) * Double(rows) / Double(rowCount))
    }
}
