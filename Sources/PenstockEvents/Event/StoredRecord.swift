/// A record by its bytes, whatever its type: what copies, rewrites or imports records takes them as this.
///
/// Its schema stands for no topic's: a batch of stored records says by its own schema id what they hold.
package struct StoredRecord: Event, Sendable {
    package static let schema = Schema("StoredRecord", fields: [])

    /// The encoded attributes.
    package let attributes: [UInt8]
    /// The payload; empty where the record has none.
    package let payload: Payload

    package init(attributes: [UInt8], payload: Payload = .empty) {
        self.attributes = attributes
        self.payload = payload
    }

    package init(reading record: inout RecordReader) throws(RecordError) {
        attributes = try record.readBytes(record.remaining)
        payload = record.payload
    }

    package func write(to record: inout RecordWriter) {
        attributes.withUnsafeBytes { record.append(bytes: $0) }
        if !payload.isEmpty { record.setPayload(payload) }
    }
}
