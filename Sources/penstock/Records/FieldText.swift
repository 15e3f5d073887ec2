internal import Foundation
internal import PenstockEvents

/// Field values as JSON and as text, and back without a change of a bit.
enum FieldText {
    /// Numbers stay numbers; those that JSON does not have are `"nan"`, `"inf"` and `"-inf"`; bytes are base64.
    static func json(_ value: FieldValue) -> JSON {
        switch value {
        case .unsigned(let number): .number(number)
        case .signed(let number): .number(number)
        case .float(let number): number.isFinite ? .number("\(number)") : .text(text(value))
        case .double(let number): number.isFinite ? .number("\(number)") : .text(text(value))
        case .bool(let truth): .bool(truth)
        case .text(let text): .text(text)
        case .bytes: .text(text(value))
        case .array(let elements): .array(elements.map(json))
        }
    }

    /// A single value as it stands in a table or a CSV file; an array as JSON.
    static func text(_ value: FieldValue) -> String {
        switch value {
        case .unsigned(let number): "\(number)"
        case .signed(let number): "\(number)"
        case .float(let number): number.isNaN ? nan(UInt64(number.bitPattern), usual: 0x7FC0_0000) : "\(number)"
        case .double(let number): number.isNaN ? nan(number.bitPattern, usual: 0x7FF8_0000_0000_0000) : "\(number)"
        case .bool(let truth): truth ? "true" : "false"
        case .text(let text): text
        case .bytes(let bytes): Data(bytes).base64EncodedString()
        case .array: json(value).compact
        }
    }

    /// The value of a field from JSON; nil where it is not of the field's type.
    static func value(_ json: JSON, of field: Schema.Field) -> FieldValue? {
        guard field.shape.isEmpty else {
            guard case .array(let elements) = json else { return nil }
            var values: [FieldValue] = []
            values.reserveCapacity(elements.count)
            for element in elements {
                guard let value = single(element, field.element) else { return nil }
                values.append(value)
            }
            return .array(values)
        }
        return single(json, field.element)
    }

    /// The value of a field from a cell of a CSV file; nil where it is not of the field's type.
    static func value(_ text: String, of field: Schema.Field) -> FieldValue? {
        guard field.shape.isEmpty else {
            guard let json = try? JSONParser.parse(Array(text.utf8)) else { return nil }
            return value(json, of: field)
        }
        switch field.element {
        case .string, .bytes: return single(.text(text), field.element)
        case .bool: return ["true": true, "1": true, "false": false, "0": false][text].map { .bool($0) }
        default: return single(.number(text), field.element) ?? single(.text(text), field.element)
        }
    }

    private static func single(_ json: JSON, _ element: Schema.Element) -> FieldValue? {
        switch (element, json) {
        case (.u8, .number(let digits)): UInt8(digits).map { .unsigned(UInt64($0)) }
        case (.u16, .number(let digits)): UInt16(digits).map { .unsigned(UInt64($0)) }
        case (.u32, .number(let digits)): UInt32(digits).map { .unsigned(UInt64($0)) }
        case (.u64, .number(let digits)): UInt64(digits).map { .unsigned($0) }
        case (.i8, .number(let digits)): Int8(digits).map { .signed(Int64($0)) }
        case (.i16, .number(let digits)): Int16(digits).map { .signed(Int64($0)) }
        case (.i32, .number(let digits)): Int32(digits).map { .signed(Int64($0)) }
        case (.i64, .number(let digits)): Int64(digits).map { .signed($0) }
        case (.f32, .number(let digits)): Float(digits).map { .float($0) }
        case (.f64, .number(let digits)): Double(digits).map { .double($0) }
        case (.f32, .text(let text)):
            special(text, usual: 0x7FC0_0000).map { .float(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
                ?? infinity(text).map { .float(Float($0)) }
        case (.f64, .text(let text)):
            special(text, usual: 0x7FF8_0000_0000_0000).map { .double(Double(bitPattern: $0)) }
                ?? infinity(text).map { .double($0) }
        case (.bool, .bool(let truth)): .bool(truth)
        case (.string, .text(let text)): .text(text)
        case (.bytes, .text(let text)): Data(base64Encoded: text).map { .bytes(Array($0)) }
        default: nil
        }
    }

    // A NaN other than the usual one is told with its bits.
    private static func nan(_ bits: UInt64, usual: UInt64) -> String {
        bits == usual ? "nan" : "nan:" + String(bits, radix: 16)
    }

    private static func special(_ text: String, usual: UInt64) -> UInt64? {
        if text == "nan" { return usual }
        return text.hasPrefix("nan:") ? UInt64(text.dropFirst(4), radix: 16) : nil
    }

    private static func infinity(_ text: String) -> Double? {
        ["inf": Double.infinity, "-inf": -Double.infinity][text]
    }
}
