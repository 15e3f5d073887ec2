internal import PenstockEvents

/// A record of a topic of remembered answers: a key, and in the payload whether there is an answer, and the answer as checkpoints have values of its
/// type.
///
/// Its time is that of the event for which somebody was asked.
struct RememberedAnswer: Event {
    /// The schema without the type of the answers.
    static let schema = Schema(
        "penstock.remembered", version: 1, fields: [Schema.Field("first", .u64), Schema.Field("second", .u64)],
        payload: Schema.Field("answer", .bytes))

    let key: AnswerKey
    let answer: [UInt8]

    init(_ key: AnswerKey, _ answer: [UInt8]) {
        self.key = key
        self.answer = answer
    }

    func write(to record: inout RecordWriter) {
        record.append(key.first)
        record.append(key.second)
        record.setPayload(answer.withUnsafeBytes { Payload(copying: $0) })
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        key = try AnswerKey(reading: &record)
        answer = record.payload.withUnsafeBytes { Array($0) }
    }
}

extension AnswerKey {
    /// The key in the attributes of a record.
    init(reading record: inout RecordReader) throws(RecordError) {
        self.init(first: try record.readInteger(), second: try record.readInteger())
    }
}

extension RememberedAnswer {
    /// The schema of a topic with answers of a type: another one for each type, so that no topic has answers of two.
    static func topicSchema<Out>(of answer: Out.Type) -> Schema {
        var name = schema.name + "."
        if let event = answer as? any Event.Type {
            name += "\(event.schema.name).\(String(event.schema.id, radix: 16))"
        } else {
            name += String("\(answer)".map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            if _isPOD(answer) { name += ".\(MemoryLayout<Out>.size)" }
        }
        return Schema(name, version: schema.version, fields: schema.fields, payload: schema.payload)
    }
}
