/// Reads the attributes of records by their schema, field by field.
///
///     let decoder = RecordDecoder(try Schema(parsing: "Reading@1 { sensor: u64; value: f64 (K) }"))
///     let values = try decoder.decode(attributes)     // one value a field, in the schema's order
///
/// For events whose type is known at compile time `Event.init(reading:)` is the faster way.
public struct RecordDecoder: Sendable {
    /// The records' schema.
    public let schema: Schema

    /// For each field the positions of the fields that give its extents; nil for a constant extent.
    private let extents: [[Int?]]

    /// A decoder of records of `schema`.
    public init(_ schema: Schema) {
        self.schema = schema
        extents = schema.fields.map { field in
            field.shape.map { extent in
                guard case .field(let name) = extent else { return nil }
                return schema.fields.firstIndex { $0.name == name }
            }
        }
    }

    /// The values of one record's fields.
    /// - Throws: `RecordError` where the bytes do not hold what the schema says.
    public func decode(_ attributes: UnsafeRawBufferPointer) throws(RecordError) -> [FieldValue] {
        var reader = RecordReader(attributes: attributes, payload: .empty)
        var values: [FieldValue] = []
        values.reserveCapacity(schema.fields.count)
        for (index, field) in schema.fields.enumerated() {
            guard !field.shape.isEmpty else {
                values.append(try value(field, &reader))
                continue
            }
            let count = try elementCount(index, field, values, available: reader.remaining)
            var elements: [FieldValue] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(try value(field, &reader)) }
            values.append(.array(elements))
        }
        guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
        return values
    }

    /// The number of elements of an array; checked against the bytes that are left before anything is made of that size.
    private func elementCount(
        _ index: Int, _ field: Schema.Field, _ values: [FieldValue], available: Int
    ) throws(RecordError) -> Int {
        var count = 1
        for (extent, source) in zip(field.shape, extents[index]) {
            let length: Int
            switch (extent, source.map { values[$0] }) {
            case (.count(let constant), _): length = constant
            case (_, .unsigned(let number)?): length = Int(clamping: number)
            case (_, .signed(let number)?) where number >= 0: length = Int(clamping: number)
            default: throw .invalidField("the extent of \(field.name) is negative")
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            count = overflow ? Int.max : product
        }
        // Text and bytes take 4 bytes at least: their length.
        let (needed, overflow) = count.multipliedReportingOverflow(by: field.element.byteCount ?? 4)
        guard !overflow, needed <= available else {
            throw .tooShort(needed: overflow ? Int.max : needed, available: available)
        }
        return count
    }

    private func value(_ field: Schema.Field, _ reader: inout RecordReader) throws(RecordError) -> FieldValue {
        switch field.element {
        case .u8: return .unsigned(UInt64(try reader.readInteger(UInt8.self)))
        case .u16: return .unsigned(UInt64(try reader.readInteger(UInt16.self)))
        case .u32: return .unsigned(UInt64(try reader.readInteger(UInt32.self)))
        case .u64: return .unsigned(try reader.readInteger(UInt64.self))
        case .i8: return .signed(Int64(try reader.readInteger(Int8.self)))
        case .i16: return .signed(Int64(try reader.readInteger(Int16.self)))
        case .i32: return .signed(Int64(try reader.readInteger(Int32.self)))
        case .i64: return .signed(try reader.readInteger(Int64.self))
        case .f32: return .float(Float(bitPattern: try reader.readInteger(UInt32.self)))
        case .f64: return .double(try reader.readDouble())
        case .string: return .text(try reader.readString())
        case .bytes: return .bytes(try reader.readBytes())
        case .bool:
            let byte = try reader.readInteger(UInt8.self)
            guard byte <= 1 else { throw .invalidField("\(field.name) is a bool, but its byte is \(byte)") }
            return .bool(byte == 1)
        }
    }
}
