import PenstockEvents
import Testing

@Suite("Stored records")
struct StoredRecordTests {
    @Test("the bytes of a record go through unchanged, its payload with its codec", arguments: [0, 1, 300])
    func roundTrip(count: Int) throws {
        var payload = Payload((0..<count).map { UInt8(truncatingIfNeeded: 7 * $0) })
        payload.codec = .bitshuffleLZ4
        let attributes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var writer = RecordWriter(expectedRecords: 2)
        writer.append(StoredRecord(attributes: [9]))
        writer.append(StoredRecord(attributes: attributes, payload: payload))
        let (bytes, ends, payloads) = (writer.attributes, writer.attributeEnds, writer.payloads)
        #expect(bytes == [9] + attributes)
        #expect(ends == [1, 1 + count])
        let found = try bytes[1...].withUnsafeBytes { bytes in
            var reader = RecordReader(attributes: bytes, payload: payloads[1])
            return try StoredRecord(reading: &reader)
        }
        #expect(found.attributes == attributes)
        #expect(found.payload.array == payload.array)
        #expect(found.payload.codec == (count == 0 ? .raw : .bitshuffleLZ4))
    }
}
