/// Writes the attributes of records by their schema: the other direction of `RecordDecoder`.
public struct RecordEncoder: Sendable {
    /// The records' schema.
    public let schema: Schema

    /// An encoder of records of `schema`.
    public init(_ schema: Schema) { self.schema = schema }

    /// Appends the attributes of one record, one value a field in the schema's order.
    /// - Throws: `RecordError.invalidField` naming the field whose value is missing, of another type, out of range, or an array of
    ///   another length than its extents say.
    public func encode(_ values: [FieldValue], to writer: inout RecordWriter) throws(RecordError) {
        guard values.count == schema.fields.count else {
            throw .invalidField("\(values.count) values for \(schema.fields.count) fields")
        }
        for (field, value) in zip(schema.fields, values) {
            guard !field.shape.isEmpty else {
                try write(value, field, &writer)
                continue
            }
            guard case .array(let elements) = value else { throw .invalidField("\(field.name) is an array") }
            let count = try elementCount(field, values)
            guard elements.count == count else {
                throw .invalidField("\(field.name) has \(elements.count) elements instead of \(count)")
            }
            for element in elements { try write(element, field, &writer) }
        }
    }

    private func elementCount(_ field: Schema.Field, _ values: [FieldValue]) throws(RecordError) -> Int {
        var count = 1
        for extent in field.shape {
            let length: Int
            switch extent {
            case .count(let constant): length = constant
            case .field(let name):
                let index = schema.fields.firstIndex { $0.name == name }
                switch index.map({ values[$0] }) {
                case .unsigned(let number)?: length = Int(clamping: number)
                case .signed(let number)? where number >= 0: length = Int(clamping: number)
                default: throw .invalidField("\(name), the extent of \(field.name), is not a length")
                }
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow else { throw .invalidField("\(field.name) has too many elements") }
            count = product
        }
        return count
    }

    private func write(_ value: FieldValue, _ field: Schema.Field, _ writer: inout RecordWriter) throws(RecordError) {
        switch (field.element, value) {
        case (.u8, .unsigned(let number)): writer.append(try fitting(UInt8.self, number, field))
        case (.u16, .unsigned(let number)): writer.append(try fitting(UInt16.self, number, field))
        case (.u32, .unsigned(let number)): writer.append(try fitting(UInt32.self, number, field))
        case (.u64, .unsigned(let number)): writer.append(number)
        case (.i8, .signed(let number)): writer.append(try fitting(Int8.self, number, field))
        case (.i16, .signed(let number)): writer.append(try fitting(Int16.self, number, field))
        case (.i32, .signed(let number)): writer.append(try fitting(Int32.self, number, field))
        case (.i64, .signed(let number)): writer.append(number)
        case (.f32, .float(let number)): writer.append(number)
        case (.f64, .double(let number)): writer.append(number)
        case (.bool, .bool(let truth)): writer.append(UInt8(truth ? 1 : 0))
        case (.string, .text(let text)): writer.append(text)
        case (.bytes, .bytes(let bytes)):
            writer.append(UInt32(bytes.count))
            bytes.withUnsafeBytes { writer.append(bytes: $0) }
        default: throw .invalidField("\(field.name) is not of type \(field.element.rawValue)")
        }
    }

    private func fitting<Value: FixedWidthInteger>(
        _ type: Value.Type, _ number: some BinaryInteger, _ field: Schema.Field
    ) throws(RecordError) -> Value {
        guard let value = Value(exactly: number) else {
            throw .invalidField("\(field.name) is a \(field.element.rawValue), which \(number) does not fit")
        }
        return value
    }
}
