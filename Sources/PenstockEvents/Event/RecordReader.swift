/// One record, read from the front: its attributes field by field, and its payload.
public struct RecordReader {
    private let attributes: UnsafeRawBufferPointer
    private var position = 0

    /// The payload; empty where the record has none.
    public let payload: Payload

    /// A reader over the attributes of one record. The memory must outlive the reader.
    public init(attributes: UnsafeRawBufferPointer, payload: Payload) {
        self.attributes = attributes
        self.payload = payload
    }

    /// Bytes of the attributes that were not read yet.
    public var remaining: Int { attributes.count - position }

    /// Reads a trivial value by its bytes.
    /// - Throws: `RecordError.tooShort`.
    public mutating func read<Value: BitwiseCopyable>(_ type: Value.Type) throws(RecordError) -> Value {
        let size = MemoryLayout<Value>.size
        try require(size)
        defer { position += size }
        return attributes.loadUnaligned(fromByteOffset: position, as: Value.self)
    }

    /// Reads a little-endian integer.
    /// - Throws: `RecordError.tooShort`.
    public mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(RecordError) -> Value {
        Value(littleEndian: try read(Value.self))
    }

    /// Reads a little-endian double.
    /// - Throws: `RecordError.tooShort`.
    public mutating func readDouble() throws(RecordError) -> Double { Double(bitPattern: try readInteger(UInt64.self)) }

    /// Reads text as `RecordWriter.append(_: String)` wrote it.
    /// - Throws: `RecordError.tooShort`, `RecordError.invalidText`.
    public mutating func readString() throws(RecordError) -> String {
        let count = Int(try readInteger(UInt32.self))
        try require(count)
        defer { position += count }
        let bytes = UnsafeRawBufferPointer(rebasing: attributes[position..<position + count])
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidText }
        return text
    }

    /// Reads bytes of any meaning: their number as a `UInt32`, then the bytes.
    /// - Throws: `RecordError.tooShort`.
    public mutating func readBytes() throws(RecordError) -> [UInt8] {
        try readBytes(Int(try readInteger(UInt32.self)))
    }

    /// Reads the next `count` bytes.
    /// - Throws: `RecordError.tooShort`.
    public mutating func readBytes(_ count: Int) throws(RecordError) -> [UInt8] {
        try require(count)
        defer { position += count }
        return Array(attributes[position..<position + count])
    }

    private func require(_ count: Int) throws(RecordError) {
        guard count <= remaining else { throw .tooShort(needed: count, available: remaining) }
    }
}
