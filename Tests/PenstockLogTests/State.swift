import PenstockEvents

/// The value of a key: keys of variable length behind an array of variable length, and a payload that says what was written.
struct State: Event, Equatable {
    let history: [UInt16]
    let key: String
    let value: UInt64
    let payload: [UInt8]

    static let schema = Schema(
        "State",
        fields: [
            .init("count", .u8), .init("history", .u16, shape: [.field("count")]), .init("key", .string),
            .init("value", .u64),
        ], payload: .init("note", .bytes))

    init(key: String, value: UInt64) {
        history = (0..<(value % 4)).map { UInt16($0) }
        self.key = key
        self.value = value
        payload = value % 3 == 0 ? [] : Array("\(key) \(value)".utf8)
    }

    func write(to record: inout RecordWriter) {
        record.append(UInt8(history.count))
        for number in history { record.append(number) }
        record.append(key)
        record.append(value)
        if !payload.isEmpty {
            record.setPayload(payload.withUnsafeBytes { Payload(copying: $0) })
        }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        var history: [UInt16] = []
        for _ in 0..<(try record.readInteger(UInt8.self)) { history.append(try record.readInteger()) }
        self.history = history
        key = try record.readString()
        value = try record.readInteger()
        payload = record.payload.withUnsafeBytes { Array($0) }
    }
}

/// A state with everything of its record that must stay.
struct Kept: Equatable {
    let offset: UInt64
    let state: State
    let time: Int64
    let keyHash: UInt64
    let appendTime: Int64
}
