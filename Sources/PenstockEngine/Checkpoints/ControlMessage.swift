internal import PenstockEvents
internal import PenstockLog

/// A record of the topic through which other processes talk to a run: requests in its partition 0, answers in its partition 1.
struct ControlMessage: Event {
    enum Kind: UInt8 {
        /// A savepoint is wanted; the text is its name.
        case savepoint = 0
        /// It was kept; the number is that of the checkpoint.
        case done = 1
        /// It was not kept; the text says why.
        case failed = 2
    }

    static let schema = Schema(
        "penstock.control", version: 1,
        fields: [
            Schema.Field("request", .u64), Schema.Field("kind", .u8), Schema.Field("number", .u64),
            Schema.Field("text", .string),
        ])

    /// Who asks; the answer has the same number.
    let request: UInt64
    let kind: Kind
    var number: UInt64 = 0
    var text = ""

    init(_ request: UInt64, _ kind: Kind) {
        self.request = request
        self.kind = kind
    }

    func write(to record: inout RecordWriter) {
        record.append(request)
        record.append(kind.rawValue)
        record.append(number)
        record.append(text)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        request = try record.readInteger()
        guard let kind = Kind(rawValue: try record.readInteger()) else { throw .invalidField("kind") }
        self.kind = kind
        number = try record.readInteger()
        text = try record.readString()
    }
}

/// The topic through which other processes talk to the runs of a name.
struct ControlTopic: Sendable {
    let requests: TopicPartition
    /// Belongs to the run as long as it lasts.
    let answers: TopicPartition

    /// The topic, made where it is not there.
    init(of name: String, _ log: any LogStore) async throws(LogError) {
        let topic = "control.\(name)"
        _ = try await log.openTopic(
            topic, schema: ControlMessage.schema,
            creatingWith: TopicConfiguration(
                partitions: 2, durability: .pageCache, segmentBytes: 64 << 10, retention: Retention(bytes: 64 << 10)))
        requests = TopicPartition(topic, 0)
        answers = TopicPartition(topic, 1)
    }
}
