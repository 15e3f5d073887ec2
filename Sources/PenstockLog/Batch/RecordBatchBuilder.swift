public import PenstockEvents

/// The records of one batch before they are appended: columns of times, key hashes and attributes, and references to payloads.
///
/// Payload bytes are never copied here; the writer gathers them into the file from where they are. A batch has key hashes for all
/// of its records or for none.
public struct RecordBatchBuilder: ~Copyable, Sendable {
    /// The identity of the records' schema; must be the topic's.
    public let schemaID: UInt64

    private(set) var times: [Int64] = []
    private(set) var keyHashes: [UInt64] = []
    private(set) var attributes: [UInt8] = []
    private(set) var attributeLengths = AttributeLengths.uniform(0)
    /// Empty while no record has a payload.
    private(set) var payloads: [PayloadRun] = []
    private(set) var largestRecordBytes = 0

    private var pending = RecordWriter()
    private var pendingCount = 0

    /// A batch without records.
    public init(schemaID: UInt64) { self.schemaID = schemaID }

    /// A batch of records that were encoded before, whose memory it shares.
    init(_ columns: RecordColumns) {
        schemaID = columns.schemaID
        times = columns.times
        keyHashes = columns.keyHashes
        attributes = columns.attributes
        attributeLengths = columns.attributeLengths
        payloads = columns.payloads
        largestRecordBytes = columns.largestRecordBytes
    }

    /// The number of records so far.
    public var count: Int { times.count }

    /// Whether there are no records yet.
    public var isEmpty: Bool { times.isEmpty }

    /// Makes room for `records` more records of `bytesPerRecord` attribute bytes each.
    public mutating func reserve(records: Int, bytesPerRecord: Int, keyed: Bool = false) {
        times.reserveCapacity(times.count + records)
        attributes.reserveCapacity(attributes.count + records * bytesPerRecord)
        if keyed { keyHashes.reserveCapacity(keyHashes.count + records) }
    }

    /// Appends one event.
    public mutating func append(_ event: some Event, time: Timestamp, keyHash: UInt64? = nil) {
        pending.append(event)
        pendingCount += 1
        times.append(time.nanoseconds)
        if let keyHash { keyHashes.append(keyHash) }
        checkKeys()
    }

    /// Appends records of a fixed length at once: `times.count` records whose attributes lie one behind the other in `attributes`.
    ///
    /// `keyHashes` is empty for a batch without keys, else as long as `times`. `payloads` is empty, or holds one payload for each
    /// record, all of the same length and one behind the other.
    public mutating func append(
        block attributes: UnsafeRawBufferPointer, times: UnsafeBufferPointer<Int64>,
        keyHashes: UnsafeBufferPointer<UInt64> = UnsafeBufferPointer(start: nil, count: 0),
        payloads: Payload = .empty
    ) {
        let count = times.count
        guard count > 0 else { return }
        precondition(
            attributes.count % count == 0, "a block of attributes must hold the same number of bytes for each record")
        precondition(
            payloads.count % count == 0, "a block of payloads must hold the same number of bytes for each record")
        flushPending()
        let stride = attributes.count / count
        largestRecordBytes = max(largestRecordBytes, stride + payloads.count / count)
        attributeLengths.append(stride, count: count, after: self.times.count)
        self.attributes.append(contentsOf: attributes)
        if !payloads.isEmpty || !self.payloads.isEmpty {
            if self.payloads.isEmpty, !self.times.isEmpty { self.payloads.append(.empty(self.times.count)) }
            self.payloads.append(PayloadRun(bytes: payloads, count: count))
        }
        self.times.append(contentsOf: times)
        self.keyHashes.append(contentsOf: keyHashes)
        checkKeys()
    }

    /// Appends fixed events as they lie in memory, with their times.
    @inlinable public mutating func append<E: FixedEvent>(
        block events: UnsafeBufferPointer<E>, times: UnsafeBufferPointer<Int64>,
        keyHashes: UnsafeBufferPointer<UInt64> = UnsafeBufferPointer(start: nil, count: 0)
    ) {
        precondition(events.count == times.count, "as many times as events")
        append(block: UnsafeRawBufferPointer(events), times: times, keyHashes: keyHashes)
    }

    /// Appends the records that were written to `records`, with their times in nanoseconds.
    public mutating func append(records: consuming RecordWriter, times: [Int64], keyHashes: [UInt64] = []) {
        precondition(records.attributeEnds.count == times.count, "as many times as records")
        flushPending()
        take(records, after: self.times.count)
        self.times.append(contentsOf: times)
        self.keyHashes.append(contentsOf: keyHashes)
        checkKeys()
    }

    /// Brings single events into the columns. Must come before the columns are read.
    mutating func flushPending() {
        guard pendingCount > 0 else { return }
        var records = RecordWriter()
        swap(&records, &pending)
        take(records, after: times.count - pendingCount)
        pendingCount = 0
    }

    private mutating func take(_ records: consuming RecordWriter, after existing: Int) {
        let ends = records.attributeEnds
        let newPayloads = records.payloads
        var start = 0
        for (index, end) in ends.enumerated() {
            largestRecordBytes = max(largestRecordBytes, end - start + newPayloads[index].count)
            attributeLengths.append(end - start, count: 1, after: existing + index)
            start = end
        }
        if attributes.isEmpty {
            attributes = records.attributes
        } else {
            attributes.append(contentsOf: records.attributes)
        }
        guard !payloads.isEmpty || newPayloads.contains(where: { !$0.isEmpty }) else { return }
        if payloads.isEmpty, existing > 0 { payloads.append(.empty(existing)) }
        payloads.append(contentsOf: newPayloads.lazy.map { PayloadRun(bytes: $0, count: 1) })
    }

    private func checkKeys() {
        precondition(
            keyHashes.isEmpty || keyHashes.count == times.count,
            "a batch has key hashes for all of its records or for none")
    }
}

/// The lengths of the attributes of consecutive records: one number while all agree.
enum AttributeLengths: Sendable, Equatable {
    case uniform(Int)
    case varying([UInt32])

    /// Adds `count` records of `length` bytes behind the `existing` ones.
    mutating func append(_ length: Int, count: Int, after existing: Int) {
        switch self {
        case .uniform where existing == 0:
            self = .uniform(length)
        case .uniform(let stride) where stride == length:
            break
        case .uniform(let stride):
            self = .varying(
                [UInt32](repeating: UInt32(stride), count: existing) + [UInt32](repeating: UInt32(length), count: count)
            )
        case .varying(var lengths):
            self = .uniform(0)
            lengths.append(contentsOf: repeatElement(UInt32(length), count: count))
            self = .varying(lengths)
        }
    }
}
