/// Where everything is in a body, worked out from its length columns and checked against its size.
struct BodyPlan {
    let layout: BatchLayout
    let attributeStride: Int?
    /// Where each record's attributes begin, and the end of the last; empty for a stride. Counted from the body's first byte.
    let attributeStarts: [Int]
    /// Where the payloads lie; `absent` too where only attributes are wanted.
    let payloads: PayloadPlaces

    /// Reads the length columns in `prefix`, which is not compressed (any more). A body that passed its checksum fails here only
    /// where its writer was wrong.
    init(
        _ header: BatchHeader, prefix: UnsafeRawBufferPointer, parts: RecordParts = .everything
    ) throws(BatchDefect) {
        let count = Int(header.count)
        let columns = header.columns
        guard columns.isSubset(of: .known), columns.contains(.times) else {
            throw .layout("columns \(columns.rawValue)")
        }
        guard columns.contains(.attributeStride) != columns.contains(.attributeLengths) else {
            throw .layout("it needs either one attribute length or one for each record")
        }
        guard columns.contains(.payloadLengths) || header.payloadRawBytes == 0 else {
            throw .layout("it has payloads without lengths")
        }
        layout = BatchLayout(columns: columns, count: count, payloadBytes: header.payloadRawBytes)
        guard layout.attributes <= prefix.count else { throw .layout("its columns end behind its last byte") }

        let end: Int
        if columns.contains(.attributeStride) {
            let stride = Int(prefix.integer(UInt32.self, at: layout.attributeLengths))
            guard stride <= prefix.count else { throw .layout("an attribute length of \(stride) bytes") }
            attributeStride = stride
            attributeStarts = []
            end = layout.attributes + stride * count
        } else {
            var starts = [layout.attributes]
            starts.reserveCapacity(count + 1)
            for index in 0..<count {
                starts.append(starts[index] + Int(prefix.integer(UInt32.self, at: layout.attributeLengths + 4 * index)))
            }
            attributeStride = nil
            attributeStarts = starts
            end = starts[count]
        }
        guard (columns.contains(.payloadLengths) ? end.rounded(upTo: 64) : end) == prefix.count else {
            throw .layout("its attributes end at \(end), its prefix has \(prefix.count) bytes")
        }
        guard parts == .everything, columns.contains(.payloadLengths) else {
            payloads = .absent
            return
        }
        let lengths = layout.payloadLengths
        payloads = PayloadPlaces(
            lengths: UnsafeRawBufferPointer(rebasing: prefix[lengths..<lengths + 4 * count]), count: count)
        guard payloads.end == header.payloadRawBytes else {
            throw .layout("its payloads add up to \(payloads.end) bytes, it has \(header.payloadRawBytes)")
        }
    }
}
