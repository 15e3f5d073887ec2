/// The columns that a body has, one bit each, in the order of their places.
struct BatchColumns: OptionSet {
    let rawValue: UInt16
    /// `i64[n]`.
    static let times = BatchColumns(rawValue: 1 << 0)
    /// `u64[n]`.
    static let keyHashes = BatchColumns(rawValue: 1 << 1)
    /// One `u32` for all records. Exactly one of this and the next bit is set in a batch of records.
    static let attributeStride = BatchColumns(rawValue: 1 << 2)
    /// `u32[n]`.
    static let attributeLengths = BatchColumns(rawValue: 1 << 3)
    /// `u32[n]`; absent where no record has a payload.
    static let payloadLengths = BatchColumns(rawValue: 1 << 4)
    /// `u8[n]`, reserved for payloads that arrive compressed.
    static let payloadCodecs = BatchColumns(rawValue: 1 << 5)
    /// `u32[n]`, reserved for checking single payloads.
    static let payloadChecksums = BatchColumns(rawValue: 1 << 6)

    static let known: BatchColumns = [
        .times, .keyHashes, .attributeStride, .attributeLengths, .payloadLengths, .payloadCodecs, .payloadChecksums,
    ]
}

/// Where the columns of a body begin, counted from the body's first byte.
struct BatchLayout: Equatable {
    let times: Int
    let keyHashes: Int
    let attributeLengths: Int
    let payloadLengths: Int
    /// The attributes of record 0; a multiple of 64.
    let attributes: Int

    init(columns: BatchColumns, count: Int) {
        var end = 0
        func place(_ column: BatchColumns, _ bytes: Int) -> Int {
            let start = end
            if !columns.isDisjoint(with: column) { end += bytes }
            return start
        }
        times = place(.times, 8 * count)
        keyHashes = place(.keyHashes, 8 * count)
        attributeLengths = end
        _ = place(.attributeStride, 4)
        _ = place(.attributeLengths, 4 * count)
        payloadLengths = place(.payloadLengths, 4 * count)
        _ = place(.payloadCodecs, count)
        _ = place(.payloadChecksums, (end.rounded(upTo: 4) - end) + 4 * count)
        attributes = end.rounded(upTo: 64)
    }

    /// Where a payload of `count` bytes begins that comes first behind `end`: large ones on a cache line, small ones where every
    /// number and short vector is aligned.
    static func payloadStart(after end: Int, count: Int) -> Int {
        end.rounded(upTo: count >= 1024 ? 64 : 16)
    }
}
