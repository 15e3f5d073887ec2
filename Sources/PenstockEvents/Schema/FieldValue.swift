/// The value of one field of a record, for programs that know a topic only by its schema.
public enum FieldValue: Sendable, Equatable {
    /// An unsigned integer of any size.
    case unsigned(UInt64)
    /// A signed integer of any size.
    case signed(Int64)
    /// An IEEE 754 number of 4 bytes.
    case float(Float)
    /// An IEEE 754 number of 8 bytes.
    case double(Double)
    /// True or false.
    case bool(Bool)
    /// Text.
    case text(String)
    /// Bytes of any meaning.
    case bytes([UInt8])
    /// The elements of an array of any number of extents, in the order of their bytes.
    case array([FieldValue])

    /// Whether both are the same to the bit: a NaN is the same as itself, zero is not minus zero.
    public static func == (a: FieldValue, b: FieldValue) -> Bool {
        switch (a, b) {
        case (.unsigned(let a), .unsigned(let b)): a == b
        case (.signed(let a), .signed(let b)): a == b
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern
        case (.bool(let a), .bool(let b)): a == b
        case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        default: false
        }
    }
}
