/// Where events write their records: the attributes of a whole batch one behind the other, and their payloads.
public struct RecordWriter: ~Copyable, Sendable {
    /// The attributes of all records so far.
    public private(set) var attributes: [UInt8] = []

    /// The end of each record in `attributes`.
    public private(set) var attributeEnds: [Int] = []

    /// One entry a record; empty payloads where a record has none.
    public private(set) var payloads: [Payload] = []

    private var payload: Payload?

    /// A writer without records; room for `expectedRecords` records of `expectedBytes` attribute bytes each is reserved.
    public init(expectedRecords: Int = 0, expectedBytes: Int = 32) {
        attributes.reserveCapacity(expectedRecords * expectedBytes)
        attributeEnds.reserveCapacity(expectedRecords)
        payloads.reserveCapacity(expectedRecords)
    }

    /// Writes one event as the next record.
    public mutating func append(_ event: some Event) {
        event.write(to: &self)
        attributeEnds.append(attributes.count)
        payloads.append(payload ?? .empty)
        payload = nil
    }

    /// Appends a record whose attributes are encoded already.
    public mutating func append(record attributes: UnsafeRawBufferPointer, payload: Payload = .empty) {
        append(bytes: attributes)
        attributeEnds.append(self.attributes.count)
        payloads.append(payload)
    }

    /// Appends the bytes of a trivial value as they lie in memory. Only for types without padding.
    @inlinable public mutating func appendBytes<Value: BitwiseCopyable>(of value: Value) {
        withUnsafeBytes(of: value) { append(bytes: $0) }
    }

    /// Appends an integer, little-endian.
    @inlinable public mutating func append(_ value: some FixedWidthInteger & BitwiseCopyable) {
        appendBytes(of: value.littleEndian)
    }

    /// Appends a floating-point number by its bits, little-endian.
    @inlinable public mutating func append(_ value: Double) { append(value.bitPattern) }

    /// Appends a floating-point number by its bits, little-endian.
    @inlinable public mutating func append(_ value: Float) { append(value.bitPattern) }

    /// Appends text: its length in bytes as a `UInt32`, then UTF-8.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            append(UInt32(utf8.count))
            append(bytes: UnsafeRawBufferPointer(utf8))
        }
    }

    /// Appends bytes as they are.
    public mutating func append(bytes: UnsafeRawBufferPointer) { attributes.append(contentsOf: bytes) }

    /// Sets the payload of the record that is being written.
    public mutating func setPayload(_ payload: Payload) { self.payload = payload }
}
