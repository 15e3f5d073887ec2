public import PenstockEvents

/// Records of one batch as they were read from a log: columns and payloads, all views of one block of memory.
///
/// Nothing is copied on the way from the file to here, and payloads keep the block alive on their own. The attributes of record 0
/// begin on a multiple of 64 bytes, payloads of 1,024 bytes and more too, smaller ones on a multiple of 16.
public struct RecordBatch: Sendable {
    /// The offset of the first record.
    public let baseOffset: UInt64
    /// The number of records.
    public let count: Int
    /// The identity of the records' schema.
    public let schemaID: UInt64
    /// When the batch was appended, by the clock of the partition's owner. For people, and for readers that refuse events
    /// which are too far ahead of it.
    public let appendTime: Timestamp

    // The batch's first record in the stored one, where reading began in its middle.
    private let skipped: Int
    private let body: BatchBody
    private let layout: BatchLayout
    private let columns: BatchColumns
    private let attributeStride: Int?
    // Where each stored record's attributes begin, and the end of the last; empty for a stride.
    private let attributeStarts: [Int]
    private let payloadPlaces: PayloadPlaces

    /// The offset behind the last record.
    public var nextOffset: UInt64 { baseOffset + UInt64(count) }

    /// Whether the records have key hashes.
    public var hasKeyHashes: Bool { columns.contains(.keyHashes) }

    /// Whether some record has a payload.
    public var hasPayloads: Bool { columns.contains(.payloadLengths) }

    /// Whether the payloads' bytes are here: not where the reader was asked for attributes alone.
    public var holdsPayloads: Bool { body.payloads != nil }

    /// The length of every record's attributes where all agree, else nil.
    public var fixedAttributeBytes: Int? { attributeStride }

    /// Calls `body` with the event times in nanoseconds, one a record; the pointer is valid during the call only.
    public func withTimes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Int64>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withColumn(at: layout.times, body)
    }

    /// Calls `body` with the key hashes, one a record, or with none where the records have none.
    public func withKeyHashes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt64>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard hasKeyHashes else { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
        return try withColumn(at: layout.keyHashes, body)
    }

    /// The event time of a record.
    public func time(at index: Int) -> Timestamp { withTimes { Timestamp(nanoseconds: $0[index]) } }

    /// Calls `body` with the attributes of all records, one behind the other.
    public func withAttributeBlock<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(attributeRange(0).lowerBound..<attributeRange(count - 1).upperBound, body)
    }

    /// Calls `body` with the records in place, as values of a fixed event type whose layout is the schema's.
    public func withFixedEvents<E: FixedEvent, Result, Failure: Error>(
        of type: E.Type, _ body: (UnsafeBufferPointer<E>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(attributeStride == MemoryLayout<E>.stride, "the records are not the bytes of \(E.self)")
        return try withAttributeBlock { bytes throws(Failure) in try body(bytes.bindMemory(to: E.self)) }
    }

    /// Calls `body` with the attributes of one record.
    public func withAttributes<Result, Failure: Error>(
        at index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(attributeRange(index), body)
    }

    /// The payload of a record; empty where it has none. Shares the batch's memory. Only where `holdsPayloads`.
    public func payload(at index: Int) -> Payload {
        precondition(index >= 0 && index < count, "no record \(index) in a batch of \(count)")
        guard hasPayloads else { return .empty }
        guard let payloads = body.payloads else { preconditionFailure("the reader was asked for attributes alone") }
        let start = payloads.start + payloadPlaces.start(of: skipped + index)
        var payload = Payload(payloads.slab, range: start..<start + payloadByteCount(at: index))
        payload.codec = payloadCodec(at: index)
        return payload
    }

    /// The length of a record's payload in bytes, also where the payload itself is not here.
    public func payloadByteCount(at index: Int) -> Int {
        precondition(index >= 0 && index < count, "no record \(index) in a batch of \(count)")
        guard hasPayloads else { return 0 }
        let place = layout.payloadLengths + 4 * (skipped + index)
        return withBytes(place..<place + 4) { Int($0.integer(UInt32.self, at: 0)) }
    }

    /// How a record's payload is compressed.
    public func payloadCodec(at index: Int) -> PayloadCodec {
        precondition(index >= 0 && index < count, "no record \(index) in a batch of \(count)")
        guard columns.contains(.payloadCodecs) else { return .raw }
        return withBytes(layout.payloadCodecs + skipped + index..<layout.payloadCodecs + skipped + index + 1) {
            PayloadCodec(rawValue: $0[0])
        }
    }

    /// One record as an event. Not of a batch with payloads that were left in the file.
    /// - Throws: `RecordError` where the record does not hold what the type's schema says.
    public func event<E: Event>(_ type: E.Type = E.self, at index: Int) throws(RecordError) -> E {
        try withAttributes(at: index) { attributes throws(RecordError) in
            var reader = RecordReader(attributes: attributes, payload: payload(at: index))
            return try E(reading: &reader)
        }
    }

    private func attributeRange(_ index: Int) -> Range<Int> {
        precondition(index >= 0 && index < count, "no record \(index) in a batch of \(count)")
        let record = skipped + index
        guard let stride = attributeStride else { return attributeStarts[record]..<attributeStarts[record + 1] }
        return layout.attributes + record * stride..<layout.attributes + (record + 1) * stride
    }

    private func withColumn<Value: BitwiseCopyable, Result, Failure: Error>(
        at start: Int, _ body: (UnsafeBufferPointer<Value>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(start + 8 * skipped..<start + 8 * (skipped + count)) { bytes throws(Failure) in
            try body(bytes.bindMemory(to: Value.self))
        }
    }

    // `range` counts from the body's first byte.
    private func withBytes<Result, Failure: Error>(
        _ range: Range<Int>, _ use: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let prefix = body.prefix
        defer { withExtendedLifetime(prefix.slab) {} }
        let start = prefix.start + range.lowerBound
        return try use(UnsafeRawBufferPointer(rebasing: prefix.slab.bytes[start..<start + range.count]))
    }
}

extension RecordBatch {
    /// A view of a batch whose stored body, already verified, begins at `start` of `slab`. Records before `first` are left out.
    init(
        _ header: BatchHeader, slab: Payload.Storage, at start: Int, from first: UInt64,
        parts: RecordParts = .everything
    ) throws(BatchDefect) {
        let stored = Int(header.count)
        let body = try BatchBody(header, slab: slab, at: start, parts: parts)
        let prefix = body.prefix.start..<body.prefix.start + Int(header.prefixRawBytes)
        let plan = try BodyPlan(
            header, prefix: UnsafeRawBufferPointer(rebasing: body.prefix.slab.bytes[prefix]), parts: parts)
        skipped = Int(max(first, header.baseOffset) - header.baseOffset)
        precondition(skipped < stored, "the batch ends before offset \(first)")
        baseOffset = header.baseOffset + UInt64(skipped)
        count = stored - skipped
        schemaID = header.schemaID
        appendTime = header.appendTime
        self.body = body
        layout = plan.layout
        columns = header.columns
        attributeStride = plan.attributeStride
        attributeStarts = plan.attributeStarts
        payloadPlaces = plan.payloads
    }
}
