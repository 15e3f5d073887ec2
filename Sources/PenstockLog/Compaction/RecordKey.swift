internal import PenstockEvents

/// Finds the key of a record: the encoded bytes of some of its attributes.
struct RecordKey: Sendable {
    private struct Step {
        let name: String
        /// Bytes of one element, or nil for text and bytes, which say their length.
        let elementBytes: Int?
        let isSigned: Bool
        let shape: [Schema.Extent]
        /// The place of the field in the key.
        let place: Int?
        /// Whether a later field takes this one's value as an extent.
        let isExtent: Bool
    }

    private let steps: [Step]
    private let fieldCount: Int

    /// The key that is made of `fields`, in their order; nil for none.
    init?(fields: [String], of schema: Schema) {
        guard !fields.isEmpty else { return nil }
        fieldCount = fields.count
        let extents = schema.fields.flatMap(\.shape).compactMap { extent -> String? in
            if case .field(let name) = extent { name } else { nil }
        }
        let all = schema.fields.map { field in
            Step(
                name: field.name, elementBytes: field.element.byteCount, isSigned: field.element.isSigned,
                shape: field.shape, place: fields.firstIndex(of: field.name), isExtent: extents.contains(field.name))
        }
        let last = all.lastIndex { $0.place != nil } ?? all.count - 1
        steps = Array(all[...last])
    }

    /// The key of the record with these attributes; nil where they are not what the schema says. Two keys are equal where all
    /// fields are, byte for byte: each field's bytes have their length before them.
    func key(of attributes: UnsafeRawBufferPointer) -> [UInt8]? {
        var ranges = [Range<Int>](repeating: 0..<0, count: fieldCount)
        var extents: [(name: String, value: Int)] = []
        var position = 0
        for step in steps {
            guard let count = elementCount(step.shape, extents) else { return nil }
            let start = position
            if let size = step.elementBytes {
                let (bytes, overflow) = size.multipliedReportingOverflow(by: count)
                guard !overflow, bytes <= attributes.count - position else { return nil }
                position += bytes
            } else {
                for _ in 0..<count {
                    guard attributes.count - position >= 4 else { return nil }
                    let length = Int(attributes.integer(UInt32.self, at: position))
                    guard length <= attributes.count - position - 4 else { return nil }
                    position += 4 + length
                }
            }
            if let place = step.place { ranges[place] = start..<position }
            if step.isExtent {
                guard let value = integer(attributes[start..<position], step.isSigned) else { return nil }
                extents.append((step.name, value))
            }
        }
        var key: [UInt8] = []
        key.reserveCapacity(ranges.reduce(0) { $0 + 4 + $1.count })
        for range in ranges {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: range.count).littleEndian) { key.append(contentsOf: $0) }
            key.append(contentsOf: attributes[range])
        }
        return key
    }

    private func elementCount(_ shape: [Schema.Extent], _ extents: [(name: String, value: Int)]) -> Int? {
        var count = 1
        for extent in shape {
            let factor: Int
            switch extent {
            case .count(let number): factor = number
            case .field(let name):
                guard let value = extents.last(where: { $0.name == name })?.value else { return nil }
                factor = value
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: factor)
            guard !overflow, factor >= 0 else { return nil }
            count = product
        }
        return count
    }

    // A little-endian integer of 1 to 8 bytes that is not negative.
    private func integer(_ bytes: Slice<UnsafeRawBufferPointer>, _ isSigned: Bool) -> Int? {
        guard let top = bytes.last, bytes.count <= 8, !isSigned || top < 0x80 else { return nil }
        return Int(exactly: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension Schema.Element {
    fileprivate var isSigned: Bool {
        switch self {
        case .i8, .i16, .i32, .i64: true
        case .u8, .u16, .u32, .u64, .f32, .f64, .bool, .string, .bytes: false
        }
    }
}
