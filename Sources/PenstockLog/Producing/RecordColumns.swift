internal import PenstockEvents

/// The encoded records of a batch, kept until they are acknowledged: every attempt to append them makes a builder of
/// them, which shares their memory.
struct RecordColumns: Sendable {
    let schemaID: UInt64
    let times: [Int64]
    let keyHashes: [UInt64]
    let attributes: [UInt8]
    let attributeLengths: AttributeLengths
    let payloads: [PayloadRun]
    let largestRecordBytes: Int

    var count: Int { times.count }

    /// The records that were written to `records`.
    init(schemaID: UInt64, _ records: consuming RecordWriter, times: [Int64], keyHashes: [UInt64]) {
        var builder = RecordBatchBuilder(schemaID: schemaID)
        builder.append(records: records, times: times, keyHashes: keyHashes)
        self.schemaID = schemaID
        self.times = builder.times
        self.keyHashes = builder.keyHashes
        attributes = builder.attributes
        attributeLengths = builder.attributeLengths
        payloads = builder.payloads
        largestRecordBytes = builder.largestRecordBytes
    }

    /// Some of the records, copied; their payloads are shared.
    init(_ all: RecordColumns, _ rows: Range<Int>) {
        schemaID = all.schemaID
        times = Array(all.times[rows])
        keyHashes = all.keyHashes.isEmpty ? [] : Array(all.keyHashes[rows])
        switch all.attributeLengths {
        case .uniform(let stride):
            attributes = Array(all.attributes[rows.lowerBound * stride..<rows.upperBound * stride])
            attributeLengths = all.attributeLengths
        case .varying(let lengths):
            let start = lengths[..<rows.lowerBound].reduce(0) { $0 + Int($1) }
            let byteCount = lengths[rows].reduce(0) { $0 + Int($1) }
            attributes = Array(all.attributes[start..<start + byteCount])
            attributeLengths = .varying(Array(lengths[rows]))
        }
        payloads = Self.runs(all.payloads, rows)
        largestRecordBytes = all.largestRecordBytes
    }

    private static func runs(_ runs: [PayloadRun], _ rows: Range<Int>) -> [PayloadRun] {
        var taken: [PayloadRun] = []
        var start = 0
        for run in runs {
            let part = rows.clamped(to: start..<start + run.count)
            if !part.isEmpty {
                let length = run.payloadBytes
                let bytes = run.bytes[(part.lowerBound - start) * length..<(part.upperBound - start) * length]
                taken.append(PayloadRun(bytes: bytes, count: part.count))
            }
            start += run.count
        }
        return taken
    }
}
