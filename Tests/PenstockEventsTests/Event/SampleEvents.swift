import PenstockEvents

/// A fixed event without padding: 8 + 8 + 4 + 2 + 1 + 1 bytes.
struct Sample: FixedEvent, Equatable {
    var number: UInt64
    var value: Double
    var gain: Float
    var column: Int16
    var kind: UInt8
    var valid: Bool

    static let schema = Schema(
        "Sample",
        fields: [
            .init("number", .u64), .init("value", .f64), .init("gain", .f32), .init("column", .i16), .init("kind", .u8),
            .init("valid", .bool),
        ])
}

/// An event of variable length with a payload.
struct Note: Event {
    var text: String
    var weight: Double
    var attachment: Payload

    static let schema = Schema(
        "Note", fields: [.init("text", .string), .init("weight", .f64)], payload: .init("attachment", .bytes))

    init(text: String, weight: Double, attachment: Payload = .empty) {
        self.text = text
        self.weight = weight
        self.attachment = attachment
    }

    func write(to record: inout RecordWriter) {
        record.append(text)
        record.append(weight)
        if !attachment.isEmpty { record.setPayload(attachment) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        text = try record.readString()
        weight = try record.readDouble()
        attachment = record.payload
    }
}

extension Payload {
    /// A payload with these bytes.
    init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Payload(copying: $0) }
    }

    /// A copy of the bytes.
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
