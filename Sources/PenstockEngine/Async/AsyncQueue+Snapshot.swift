internal import PenstockEvents

// What stands in the queue, in a checkpoint: of batches the events that have not been given out.
extension AsyncQueue {
    private enum Kind: UInt8 {
        case events = 0
        case watermark = 1
        case control = 2
    }

    /// Writes what stands in the queue: of batches the events that have not been given out, with their numbers.
    /// - Parameters:
    ///   - leaving: What has been given out, but not put out by the stage yet: as if it stood in the queue still.
    ///   - sent: The watermark that the stage has put out, where that is not what has been given out.
    func write(
        _ state: inout StateEncoder, leaving: [Next] = [], sent: Timestamp? = nil
    ) throws {
        state.put(nextNumber)
        state.put((sent ?? forwarded).nanoseconds)
        for next in leaving {
            switch next {
            case .element(let element): Self.write(element, &state)
            case .answers(let leaving):
                try Self.write(leaving.requests, leaving.rows, leaving.numbers, &state)
            }
        }
        for item in items {
            switch item {
            case .part(let part):
                let left = part.rows.indices.filter { !part.outcomes[$0].isGiven }
                guard !left.isEmpty else {
                    Self.write(.watermark(part.batch.watermark), &state)
                    continue
                }
                try Self.write(
                    part.batch, left.map { part.rows[$0] }, left.map { part.numbers[$0] }, &state)
            case .mark(let element): Self.write(element, &state)
            }
        }
    }

    private static func write(
        _ batch: Batch, _ rows: [Int], _ numbers: [UInt64], _ state: inout StateEncoder
    ) throws {
        var batch = batch
        batch.selection = Selection(Column(rows.map { UInt32($0) }), count: rows.count)
        state.put(Kind.events.rawValue)
        state.put(all: numbers)
        try state.put(batch)
    }

    private static func write(_ element: StreamElement, _ state: inout StateEncoder) {
        switch element {
        case .watermark(let time):
            state.put(Kind.watermark.rawValue)
            state.put(time.nanoseconds)
        case .control(let record):
            state.put(Kind.control.rawValue)
            state.put(record.encoded())
        case .batch, .barrier, .end:
            break
        }
    }

    /// Brings back what `write` wrote.
    mutating func read(_ state: inout StateDecoder, _ element: ValueType) throws {
        nextNumber = try state.integer()
        forwarded = Timestamp(nanoseconds: try state.integer())
        known = forwarded
        while !state.isAtEnd {
            switch Kind(rawValue: try state.integer()) {
            case .events:
                let numbers: [UInt64] = try state.all()
                add(try state.batch(of: element), numbers: numbers)
            case .watermark: add(.watermark(Timestamp(nanoseconds: try state.integer())))
            case .control:
                let record = try Array(try state.data()).withUnsafeBytes { try ControlRecord(decoding: $0) }
                add(.control(record))
            case nil: throw StateDamaged()
            }
        }
    }
}

extension AsyncQueue.Outcome {
    fileprivate var isGiven: Bool { if case .given = self { true } else { false } }
}
