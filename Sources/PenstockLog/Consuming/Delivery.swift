public import PenstockEvents

/// What a consumer delivers at once.
public struct Delivery: Sendable {
    /// What it is.
    public enum Content: Sendable {
        /// Records of one batch.
        case records(RecordBatch)
        /// A control record; where the options ask for them.
        case control(ControlRecord)
        /// Records that cannot be delivered any more; where the options pass over them.
        case lost(LogError)
    }

    /// The partition that it comes from.
    public let partition: TopicPartition
    /// The offsets that it stands for.
    public let offsets: Range<UInt64>
    /// What it is.
    public let content: Content

    /// The records; nil for something else.
    public var records: RecordBatch? { if case .records(let records) = content { records } else { nil } }

    /// The records as events; none for something else. Where payloads were left in the log, events are read with empty
    /// ones.
    /// - Throws: `RecordError` where a record does not hold what the type's schema says.
    public func events<E: Event>(of type: E.Type = E.self) throws(RecordError) -> [E] {
        guard let records else { return [] }
        var events: [E] = []
        events.reserveCapacity(records.count)
        for index in 0..<records.count { events.append(try records.eventHeld(at: index)) }
        return events
    }
}

extension RecordBatch {
    /// One record as an event, with an empty payload where payloads are not here.
    fileprivate func eventHeld<E: Event>(at index: Int) throws(RecordError) -> E {
        if holdsPayloads || !hasPayloads { return try event(at: index) }
        return try withAttributes(at: index) { attributes throws(RecordError) in
            var reader = RecordReader(attributes: attributes, payload: .empty)
            return try E(reading: &reader)
        }
    }

    /// The bytes that the records have in memory.
    var heldBytes: Int {
        var bytes = withAttributeBlock { $0.count } + count * (hasKeyHashes ? 16 : 8)
        if hasPayloads, holdsPayloads { for index in 0..<count { bytes += payloadByteCount(at: index) } }
        return bytes
    }
}
