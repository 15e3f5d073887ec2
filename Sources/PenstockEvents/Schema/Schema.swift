/// What the records of a topic hold: a name, a version, and the fields of the attributes and of the payload.
///
/// A schema has a written form, for example
///
///     Frame@1 { scan: u64; angle: f64 (deg); rows: u32; columns: u32; payload pixels: u16[rows, columns] (counts) }
///
/// whose grammar `docs/schemas.md` states. `description` gives the written form, `init(parsing:)` reads it.
public struct Schema: Sendable, Hashable, CustomStringConvertible {
    /// The type's name: ASCII letters, digits, `_` and `.`, beginning with a letter or `_`.
    public let name: String
    /// The version of the fields under this name, from 1.
    public let version: Int
    /// The attributes, in the order of their bytes.
    public let fields: [Field]
    /// The payload, where the type has one.
    public let payload: Field?

    /// A schema. Its written form must be one that `init(parsing:)` reads back, since that is what topics store; anything
    /// else is a programmer's error and stops the program.
    public init(_ name: String, version: Int = 1, fields: [Field], payload: Field? = nil) {
        self.init(unchecked: name, version: version, fields: fields, payload: payload)
        do throws(SchemaError) {
            let reread = try Schema(parsing: description)
            // fatalError, not precondition: a release build has to say why, too.
            if reread != self { fatalError("the schema \(self) reads back as \(reread)") }
        } catch {
            fatalError("\(error), in \(self)")
        }
    }

    /// A schema whose parts the parser has checked.
    init(unchecked name: String, version: Int, fields: [Field], payload: Field?) {
        self.name = name
        self.version = version
        self.fields = fields
        self.payload = payload
    }

    /// One named value of a record.
    public struct Field: Sendable, Hashable {
        /// The field's name, unique in its schema.
        public let name: String
        /// The type of the value or of its elements.
        public let element: Element
        /// The extents of an array, slowest first; empty for a single value.
        public let shape: [Extent]
        /// The unit of the values as a reader should print it (`deg`, `1/pixel`, `s`), or nil for none.
        public let unit: String?

        /// A field.
        public init(_ name: String, _ element: Element, shape: [Extent] = [], unit: String? = nil) {
            self.name = name
            self.element = element
            self.shape = shape
            self.unit = unit
        }

        /// The bytes of the field where they do not depend on the record, else nil.
        public var fixedByteCount: Int? {
            guard let size = element.byteCount else { return nil }
            var count = 1
            for extent in shape {
                guard case .count(let n) = extent else { return nil }
                count *= n
            }
            return size * count
        }
    }

    /// One extent of an array.
    public enum Extent: Sendable, Hashable {
        /// A number of elements that is the same in all records.
        case count(Int)
        /// The value of another field of the same record: a single integer, for an attribute one that stands before it.
        case field(String)
    }

    /// The type of a value.
    public enum Element: String, Sendable, Hashable, CaseIterable {
        /// Unsigned integers of 1, 2, 4 and 8 bytes.
        case u8, u16, u32, u64
        /// Signed integers of 1, 2, 4 and 8 bytes.
        case i8, i16, i32, i64
        /// IEEE 754 numbers of 4 and 8 bytes.
        case f32, f64
        /// One byte, 0 or 1.
        case bool
        /// Text: a `u32` length in bytes, then UTF-8.
        case string
        /// Bytes of any meaning: a `u32` length, then the bytes; for a payload the bytes alone.
        case bytes

        /// The bytes of one value where it is fixed.
        public var byteCount: Int? {
            switch self {
            case .u8, .i8, .bool: 1
            case .u16, .i16: 2
            case .u32, .i32, .f32: 4
            case .u64, .i64, .f64: 8
            case .string, .bytes: nil
            }
        }
    }

    /// The bytes of the attributes of every record, or nil where records differ in length.
    public var fixedByteCount: Int? {
        var total = 0
        for field in fields {
            guard let size = field.fixedByteCount else { return nil }
            total += size
        }
        return total
    }

    /// The 64-bit identity: XXH64 of the written form without units. Two schemas that differ in a name, a type, a shape or the order
    /// of fields have different identities; a unit may be added later without changing it.
    public var id: UInt64 {
        var text = written(units: false)
        return text.withUTF8 { XXHash64.hash(UnsafeRawBufferPointer($0)) }
    }

    /// The written form.
    public var description: String { written(units: true) }

    private func written(units: Bool) -> String {
        func text(_ field: Field) -> String {
            var text = "\(field.name): \(field.element.rawValue)"
            if !field.shape.isEmpty {
                let extents = field.shape.map { extent in
                    switch extent {
                    case .count(let n): String(n)
                    case .field(let name): name
                    }
                }
                text += "[\(extents.joined(separator: ", "))]"
            }
            if units, let unit = field.unit { text += " (\(unit))" }
            return text
        }
        let parts = fields.map(text) + (payload.map { ["payload " + text($0)] } ?? [])
        return parts.isEmpty ? "\(name)@\(version) { }" : "\(name)@\(version) { \(parts.joined(separator: "; ")) }"
    }
}
