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
    /// `u8[n]`, the codecs of payloads that arrived compressed; absent where none did.
    static let payloadCodecs = BatchColumns(rawValue: 1 << 5)
    /// `u32` for each block of 64 KiB of the payloads before compression: a part of one payload can be checked without reading the rest.
    static let blockChecksums = BatchColumns(rawValue: 1 << 6)

    static let known: BatchColumns = [
        .times, .keyHashes, .attributeStride, .attributeLengths, .payloadLengths, .payloadCodecs, .blockChecksums,
    ]
}

/// Where the columns of a body begin, counted from the body's first byte.
struct BatchLayout: Equatable {
    /// The payloads are checked in blocks of this size.
    static let blockBytes = 64 << 10

    let times: Int
    let keyHashes: Int
    let attributeLengths: Int
    let payloadLengths: Int
    let payloadCodecs: Int
    let blockChecksums: Int
    /// The attributes of record 0; a multiple of 64.
    let attributes: Int

    /// - Parameter payloadBytes: the length of the payloads with the gaps between them.
    init(columns: BatchColumns, count: Int, payloadBytes: Int) {
        var end = 0
        func place(_ column: BatchColumns, _ bytes: Int) -> Int {
            let start = end
            if columns.contains(column) { end += bytes }
            return start
        }
        times = place(.times, 8 * count)
        keyHashes = place(.keyHashes, 8 * count)
        attributeLengths = end
        _ = place(.attributeStride, 4)
        _ = place(.attributeLengths, 4 * count)
        payloadLengths = place(.payloadLengths, 4 * count)
        payloadCodecs = place(.payloadCodecs, count)
        if columns.contains(.blockChecksums) { end = end.rounded(upTo: 4) }
        blockChecksums = place(.blockChecksums, 4 * Self.blockCount(payloadBytes))
        attributes = end.rounded(upTo: 64)
    }

    /// How many blocks so many bytes of payloads have.
    static func blockCount(_ payloadBytes: Int) -> Int { (payloadBytes + blockBytes - 1) / blockBytes }

    /// Where a payload of `count` bytes begins that comes first behind `end`: large ones on a cache line, small ones where every
    /// number and short vector is aligned.
    static func payloadStart(after end: Int, count: Int) -> Int {
        end.rounded(upTo: count >= 1024 ? 64 : 16)
    }
}
