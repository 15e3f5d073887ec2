internal import PenstockEvents

/// A batch that is complete but for what the partition's owner adds to the header.
///
/// The body is kept in parts and never joined: columns and attributes in the arrays of the builder, payloads where the producer
/// left them.
struct EncodedBatch: Sendable {
    private(set) var header: BatchHeader
    private let times: [Int64]
    private let keyHashes: [UInt64]
    private let lengths: [UInt32]
    private let attributes: [UInt8]
    private let payloads: [Payload]

    /// The largest gap between two parts of a body.
    private static let zeros = [UInt8](repeating: 0, count: 64)

    /// Bytes of the file that the batch will take.
    var byteCount: Int { header.paddedByteCount }

    /// - Throws: `LogError` with code `invalidBatch` where the batch is empty or breaks a limit.
    init(_ builder: consuming RecordBatchBuilder, limits: LogLimits, partition: TopicPartition) throws(LogError) {
        builder.flushPending()
        let count = builder.count
        guard count > 0 else {
            throw LogError(.invalidBatch, "a batch without records cannot be appended to \(partition)")
        }
        guard builder.largestRecordBytes <= limits.recordBytes else {
            throw LogError(
                .invalidBatch,
                "a record of \(builder.largestRecordBytes) bytes is too large for \(partition): the limit is \(limits.recordBytes)",
                hint: "split it, or open the log with a larger recordBytes limit")
        }
        times = builder.times
        keyHashes = builder.keyHashes
        attributes = builder.attributes
        payloads = builder.payloads
        var columns: BatchColumns = [.times]
        if !keyHashes.isEmpty { columns.insert(.keyHashes) }
        let payloadLengths = payloads.map { UInt32(truncatingIfNeeded: $0.count) }
        if !payloads.isEmpty { columns.insert(.payloadLengths) }
        switch builder.attributeLengths {
        case .uniform(let stride):
            columns.insert(.attributeStride)
            lengths = [UInt32(stride)] + payloadLengths
        case .varying(let attributeLengths):
            columns.insert(.attributeLengths)
            lengths = attributeLengths + payloadLengths
        }
        header = BatchHeader()
        header.count = UInt32(count)
        header.columns = columns
        header.schemaID = builder.schemaID
        header.minTime = Timestamp(nanoseconds: times.min() ?? 0)
        header.maxTime = Timestamp(nanoseconds: times.max() ?? 0)
        let bytes = Self.bodyBytes(columns, count, attributes: attributes.count, payloads)
        guard bytes <= limits.batchBytes else {
            throw LogError(
                .invalidBatch,
                "a batch of \(bytes) bytes is too large for \(partition): the limit is \(limits.batchBytes)",
                hint: "append smaller batches, or open the log with a larger batchBytes limit")
        }
        seal(bytes)
    }

    /// A batch that is one control record.
    init(control record: ControlRecord) {
        times = []
        keyHashes = []
        lengths = []
        payloads = []
        attributes = record.encoded()
        header = BatchHeader()
        header.count = 1
        header.flags = .control
        seal(attributes.count)
    }

    private static func bodyBytes(_ columns: BatchColumns, _ count: Int, attributes: Int, _ payloads: [Payload]) -> Int
    {
        var end = BatchLayout(columns: columns, count: count).attributes + attributes
        for payload in payloads { end = BatchLayout.payloadStart(after: end, count: payload.count) + payload.count }
        return end
    }

    private mutating func seal(_ bytes: Int) {
        header.rawBytes = UInt32(bytes)
        header.storedBytes = UInt32(bytes)
        header.bodyCRC = withBody { parts in
            parts.reduce(UInt32(0)) { CRC32C.checksum($1, seed: $0) }
        }
    }

    /// Calls `body` with header, body and padding in the order of the file. The owner's fields of the header come from `patch`.
    func withFileParts<Failure: Error>(
        patch: (inout BatchHeader) -> Void, _ body: ([UnsafeRawBufferPointer]) throws(Failure) -> Void
    ) throws(Failure) {
        var header = header
        patch(&header)
        let padding = byteCount - BatchHeader.byteCount - Int(header.storedBytes)
        try header.encoded().withRawBytes { headerBytes throws(Failure) in
            try withBody { parts throws(Failure) in
                try Self.zeros.withRawBytes { zeros throws(Failure) in
                    try body([headerBytes] + parts + [UnsafeRawBufferPointer(rebasing: zeros[..<padding])])
                }
            }
        }
    }

    // The pointers are valid until `body` returns: those of the arrays by their scopes, those of the payloads because their
    // storage neither moves nor changes while `payloads` keeps it.
    private func withBody<Result, Failure: Error>(
        _ body: ([UnsafeRawBufferPointer]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try times.withRawBytes { times throws(Failure) in
            try keyHashes.withRawBytes { hashes throws(Failure) in
                try lengths.withRawBytes { lengths throws(Failure) in
                    try attributes.withRawBytes { attributes throws(Failure) in
                        try Self.zeros.withRawBytes { zeros throws(Failure) in
                            var parts = [times, hashes, lengths]
                            parts.reserveCapacity(6 + 2 * payloads.count)
                            let columns = times.count + hashes.count + lengths.count
                            let start = header.flags.contains(.control) ? 0 : columns.rounded(upTo: 64)
                            parts.append(UnsafeRawBufferPointer(rebasing: zeros[..<(start - columns)]))
                            parts.append(attributes)
                            gather(into: &parts, from: start + attributes.count, zeros)
                            defer { withExtendedLifetime(payloads) {} }
                            return try body(parts)
                        }
                    }
                }
            }
        }
    }

    private func gather(into parts: inout [UnsafeRawBufferPointer], from end: Int, _ zeros: UnsafeRawBufferPointer) {
        var end = end
        for payload in payloads {
            let start = BatchLayout.payloadStart(after: end, count: payload.count)
            if start > end { parts.append(UnsafeRawBufferPointer(rebasing: zeros[..<(start - end)])) }
            if !payload.isEmpty { parts.append(payload.withUnsafeBytes { $0 }) }
            end = start + payload.count
        }
    }
}

extension EncodedBatch {
    /// The number of records.
    var count: Int { Int(header.count) }
}
