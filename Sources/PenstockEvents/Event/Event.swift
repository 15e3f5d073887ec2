/// Something that happened: attributes of a fixed, small layout, and where the type has one a large payload.
///
/// The time of an event, its key and its place in its stream are columns of the batch that carries it, never fields that an event
/// type must have. An event type says how one event becomes a record and comes back; most types are structs of numbers and
/// conform to `FixedEvent`, which does both by itself.
public protocol Event: Sendable {
    /// What the record holds: names, types, shapes and units. Stored with every topic of this type.
    static var schema: Schema { get }

    /// Appends this event's attributes, in the schema's order, and sets its payload if it has one.
    func write(to record: inout RecordWriter)

    /// Whether progress counts this event. By default every event; calibration data beside the real ones may say no.
    var countsInProgress: Bool { get }

    /// Reads an event back.
    /// - Throws: `RecordError` where the record does not hold what the schema says.
    init(reading record: inout RecordReader) throws(RecordError)
}

extension Event {
    /// Counted.
    public var countsInProgress: Bool { true }
}

/// An event whose record is the struct itself: little-endian numbers without padding, read in place.
///
/// The layout is checked when a topic or a plan first sees the type: its size must equal its stride and the sum of the schema's
/// fields, since padding bytes would leak memory into the log.
public protocol FixedEvent: Event, BitwiseCopyable {}

extension FixedEvent {
    /// Appends the struct's bytes.
    public func write(to record: inout RecordWriter) { record.appendBytes(of: self) }

    /// Reads the struct's bytes.
    public init(reading record: inout RecordReader) throws(RecordError) { self = try record.read(Self.self) }

    /// What is wrong with the layout of this type, in words, or nil where nothing is.
    public static var layoutDefect: String? {
        if let payload = schema.payload {
            return
                "\(Self.self) is a FixedEvent, which has no payload, but its schema names the payload \(payload.name)"
        }
        let size = MemoryLayout<Self>.size
        let stride = MemoryLayout<Self>.stride
        guard let fields = schema.fixedByteCount else {
            return "\(Self.self) is a FixedEvent, but its schema \(schema.name) has a field of variable length"
        }
        guard size == stride, size == fields else {
            return "\(Self.self) occupies \(stride) bytes, but the fields of its schema take \(fields): "
                + "order the fields by falling size, or add the missing ones, so that there is no padding"
        }
        return nil
    }
}

/// Why a record could not be read as the event that its schema promises.
public enum RecordError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The record ends before the field that was asked for.
    case tooShort(needed: Int, available: Int)
    /// The record goes on after its last field.
    case trailingBytes(Int)
    /// A string field is not UTF-8.
    case invalidText
    /// The record has no payload, but its type needs one.
    case missingPayload
    /// A field holds a value that the type cannot have.
    case invalidField(String)

    /// The error in words.
    public var description: String {
        switch self {
        case .tooShort(let needed, let available): "the record is too short: \(needed) bytes needed, \(available) there"
        case .trailingBytes(let count): "the record has \(count) bytes after its last field"
        case .invalidText: "a text field of the record is not UTF-8"
        case .missingPayload: "the record has no payload"
        case .invalidField(let why): "the record has an impossible field: \(why)"
        }
    }
}
