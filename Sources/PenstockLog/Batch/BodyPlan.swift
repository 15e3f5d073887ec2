/// Where everything is in a body, worked out from its length columns and checked against its size.
struct BodyPlan {
    let layout: BatchLayout
    let attributeStride: Int?
    let attributeStarts: [Int]
    let payloadRanges: [Range<Int>]

    /// Reads the length columns of `body`. A body that passed its checksum fails here only where its writer was wrong.
    init(_ header: BatchHeader, _ body: UnsafeRawBufferPointer) throws(BatchDefect) {
        let count = Int(header.count)
        let columns = header.columns
        guard header.codec == 0 else { throw .layout("codec \(header.codec) is not known to this version") }
        guard columns.isSubset(of: .known), columns.contains(.times) else {
            throw .layout("columns \(columns.rawValue)")
        }
        guard columns.contains(.attributeStride) != columns.contains(.attributeLengths) else {
            throw .layout("it needs either one attribute length or one for each record")
        }
        layout = BatchLayout(columns: columns, count: count)
        guard layout.attributes <= body.count else { throw .layout("its columns end behind its last byte") }

        var end: Int
        if columns.contains(.attributeStride) {
            let stride = Int(body.integer(UInt32.self, at: layout.attributeLengths))
            guard stride <= body.count else { throw .layout("an attribute length of \(stride) bytes") }
            attributeStride = stride
            attributeStarts = []
            end = layout.attributes + stride * count
        } else {
            var starts = [layout.attributes]
            starts.reserveCapacity(count + 1)
            for index in 0..<count {
                starts.append(starts[index] + Int(body.integer(UInt32.self, at: layout.attributeLengths + 4 * index)))
            }
            attributeStride = nil
            attributeStarts = starts
            end = starts[count]
        }

        var ranges: [Range<Int>] = []
        if columns.contains(.payloadLengths) {
            ranges.reserveCapacity(count)
            for index in 0..<count {
                let length = Int(body.integer(UInt32.self, at: layout.payloadLengths + 4 * index))
                let start = BatchLayout.payloadStart(after: end, count: length)
                end = start + length
                ranges.append(start..<end)
            }
        }
        payloadRanges = ranges
        guard end == body.count else { throw .layout("its lengths add up to \(end) bytes, it has \(body.count)") }
    }
}
