internal import PenstockEvents

/// A record of the topic that holds the journals of runs: the beginning of a run, or a decision that no replay can compute.
struct JournalRecord: Event {
    enum Kind: UInt8 {
        /// A run begins: the position is the number of its scan, the text what its checkpoints call it.
        case begin = 0
        /// A partition that was left out of the watermark came back.
        case comeback = 1
        /// Events of a feedback were read.
        case feedback = 2
        /// Answers to a stage's requests are in their topic from the position on, written by the run whose number the floor is.
        case answers = 3
        /// What the run puts into a feedback is in its topic from the position on.
        case loop = 4
    }

    static let schema = Schema(
        "penstock.journal", version: 1,
        fields: [
            Schema.Field("run", .u64), Schema.Field("kind", .u8), Schema.Field("partition", .u32),
            Schema.Field("position", .u64), Schema.Field("end", .u64), Schema.Field("floor", .i64, unit: "ns"),
            Schema.Field("text", .string),
        ])

    /// The number of the run in the topic, from 1.
    let run: UInt64
    let kind: Kind
    var partition: UInt32 = 0
    /// The number of the first event in its partition for which the decision holds.
    var position: UInt64 = 0
    /// Of a feedback the number behind the last event.
    var end: UInt64 = 0
    var floor = Int64.min
    /// Of a decision the stage that took it.
    var text = ""

    init(_ run: UInt64, _ kind: Kind) {
        self.run = run
        self.kind = kind
    }

    func write(to record: inout RecordWriter) {
        record.append(run)
        record.append(kind.rawValue)
        record.append(partition)
        record.append(position)
        record.append(end)
        record.append(floor)
        record.append(text)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        run = try record.readInteger()
        guard let kind = Kind(rawValue: try record.readInteger()) else { throw .invalidField("kind") }
        self.kind = kind
        partition = try record.readInteger()
        position = try record.readInteger()
        end = try record.readInteger()
        floor = try record.readInteger()
        text = try record.readString()
    }
}
