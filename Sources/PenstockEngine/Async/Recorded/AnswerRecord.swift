internal import PenstockEvents

/// A record of a topic with answers: what came of an event, or that from here on the answers are those of a run.
///
/// The time of a record is that of its event, and so is the hash of the key, where there is one.
struct AnswerRecord: Event {
    enum Kind: UInt8 {
        /// What follows was recorded by the run with the number, in the journal that the text names.
        case begin = 0
        /// The event with the number has the answer in the payload, as checkpoints have values of its type.
        case answer = 1
        /// The event with the number has none.
        case nothing = 2
    }

    static let schema = Schema(
        "penstock.answer", version: 1,
        fields: [
            Schema.Field("kind", .u8), Schema.Field("number", .u64), Schema.Field("text", .string),
        ], payload: Schema.Field("answer", .bytes))

    let kind: Kind
    /// The number of the event among all that came to the stage, from 0; at the beginning that of the run.
    let number: UInt64
    var text = ""
    var value = Payload.empty

    init(_ kind: Kind, _ number: UInt64) {
        self.kind = kind
        self.number = number
    }

    /// The answer to an event.
    init<Out>(of number: UInt64, _ answer: Out?, _ coding: any ValueCoding) throws {
        self.init(answer == nil ? .nothing : .answer, number)
        guard let answer else { return }
        var encoder = StateEncoder()
        try coding.put(answer, &encoder)
        value = encoder.bytes.withUnsafeBytes { Payload(copying: $0) }
    }

    /// The answer, or nil where there was none.
    func answer<Out>(_ type: Out.Type, _ coding: any ValueCoding) throws -> Out? {
        guard kind == .answer else { return nil }
        var decoder = StateDecoder(StateChunk(group: nil, bytes: value.withUnsafeBytes { Array($0) }))
        return try coding.value(&decoder, type)
    }

    func write(to record: inout RecordWriter) {
        record.append(kind.rawValue)
        record.append(number)
        record.append(text)
        record.setPayload(value)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        guard let kind = Kind(rawValue: try record.readInteger()) else { throw .invalidField("kind") }
        self.kind = kind
        number = try record.readInteger()
        text = try record.readString()
        value = record.payload
    }
}
