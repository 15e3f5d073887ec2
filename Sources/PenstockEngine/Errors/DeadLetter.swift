public import PenstockEvents

/// An event that a stage could not handle: what went wrong, where the event came from, and the event itself where its type can be written.
///
/// Flows read letters from a side output, and a topic keeps them like any other event:
///
/// ```swift
/// let letters = SideOutput("bad readings", of: DeadLetter.self)
/// ```
///
/// Where a stage fails for the row of a window, such as a sum that overflowed, the letter has the window and the key of the row and no event.
public struct DeadLetter: Event, Hashable {
    /// The form in which letters are kept.
    public static let schema = Schema(
        "penstock.dead_letter", version: 1,
        fields: [
            Schema.Field("stage", .string), Schema.Field("error", .string), Schema.Field("source", .string),
            Schema.Field("partition", .u32), Schema.Field("number", .i64), Schema.Field("time", .i64),
            Schema.Field("window_start", .i64), Schema.Field("window_end", .i64), Schema.Field("key", .string),
            Schema.Field("type", .string),
        ], payload: Schema.Field("event", .bytes))

    /// The stage that failed, as `flow/stage`.
    public var stage: String
    /// What went wrong, in the words of the error.
    public var error: String
    /// `topic NAME`, or the name of the stage that has read or made the event.
    public var source: String
    /// The partition of the topic or the source.
    public var partition: Int
    /// The offset in the topic, or the number of the event in the partition of its source; nil for what a stage has made.
    public var number: Int64?
    /// The time of the event, also where it is one that no event may have, or that of the row.
    public var time: Timestamp
    /// The window of a row.
    public var window: WindowSpan?
    /// The key of a row by its canonical bytes; empty where there is none.
    public var key: [UInt8]
    /// The name of the event's type; empty where the letter has no event.
    public var type: String
    /// The event as checkpoints have it; of a record that could not be decoded, its attributes and then its payload. Empty where the
    /// type cannot be written.
    public var bytes: Payload

    init(
        stage: StageName, error: any Error, source: EventSource, time: Int64, window: WindowSpan? = nil,
        key: [UInt8] = [], type: String = "", bytes: [UInt8] = []
    ) {
        self.stage = stage.description
        self.error = (error as? any Diagnostic)?.summary ?? "\(error)"
        self.source = source.name
        partition = source.partition
        number = source.number.map { Int64($0) }
        self.time = Timestamp(nanoseconds: time)
        self.window = window
        self.key = key
        self.type = type
        self.bytes = bytes.isEmpty ? .empty : bytes.withUnsafeBytes { Payload(copying: $0) }
    }

    /// The event itself, or nil where the letter has none of this type.
    /// - Throws: An error where the bytes are not those of such an event.
    public func event<Value>(as type: Value.Type = Value.self) throws -> Value? {
        guard self.type == "\(type)", let coding = valueCoding(of: type) else { return nil }
        var decoder = StateDecoder(StateChunk(group: nil, bytes: bytes.withUnsafeBytes { Array($0) }))
        return decoder.isAtEnd && MemoryLayout<Value>.size > 0 ? nil : try coding.value(&decoder, type)
    }

    /// The key of the row, or nil where the letter has none.
    public func key<Key: EventKey>(as type: Key.Type = Key.self) -> Key? {
        key.isEmpty ? nil : key.withUnsafeBytes { Key(canonicalBytes: $0) }
    }

    /// Appends the letter.
    public func write(to record: inout RecordWriter) {
        record.append(stage)
        record.append(error)
        record.append(source)
        record.append(UInt32(partition))
        record.append(number ?? -1)
        record.append(time.nanoseconds)
        record.append(window?.start.nanoseconds ?? .min)
        record.append(window?.end.nanoseconds ?? .min)
        record.append(key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        record.append(type)
        record.setPayload(bytes)
    }

    /// Reads a letter back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        stage = try record.readString()
        error = try record.readString()
        source = try record.readString()
        partition = Int(try record.readInteger(UInt32.self))
        let number: Int64 = try record.readInteger()
        self.number = number < 0 ? nil : number
        time = Timestamp(nanoseconds: try record.readInteger())
        let (start, end): (Int64, Int64) = (try record.readInteger(), try record.readInteger())
        window = end == .min ? nil : WindowSpan(start, end)
        let digits = try record.readString()
        type = try record.readString()
        bytes = record.payload
        key = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { throw .invalidField("key") }
            key.append(byte)
            rest = rest.dropFirst(2)
        }
    }

    /// By content.
    public static func == (a: DeadLetter, b: DeadLetter) -> Bool { a.content == b.content && a.isSameEvent(b) }

    /// The content without the event.
    public func hash(into hasher: inout Hasher) { hasher.combine(content) }

    private var content: [String] {
        [
            stage, error, source, "\(partition)", "\(number ?? -1)", "\(time.nanoseconds)",
            "\(window?.start.nanoseconds ?? .min) \(window?.end.nanoseconds ?? .min)", "\(key)", type,
        ]
    }

    private func isSameEvent(_ other: DeadLetter) -> Bool {
        bytes.withUnsafeBytes { a in other.bytes.withUnsafeBytes { b in a.elementsEqual(b) } }
    }
}
