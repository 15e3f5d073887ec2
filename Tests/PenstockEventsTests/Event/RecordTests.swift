import PenstockEvents
import Testing

@Suite("Records")
struct RecordTests {
    private func read<Result>(
        _ attributes: [UInt8], payload: Payload = .empty, _ body: (inout RecordReader) throws -> Result
    ) throws -> Result {
        try attributes.withUnsafeBytes { bytes in
            var reader = RecordReader(attributes: bytes, payload: payload)
            return try body(&reader)
        }
    }

    @Test("numbers are little-endian, text stands behind its length in bytes")
    func layout() {
        var writer = RecordWriter()
        writer.append(UInt8(0xAB))
        writer.append(Int16(-2))
        writer.append(UInt32(0x0102_0304))
        writer.append(Int64.min)
        writer.append(1.5)
        writer.append(Float(-2))
        writer.append("aé")
        writer.append("")
        let attributes = writer.attributes
        // IEEE 754: 1.5 is 3FF8000000000000, -2 in single precision is C0000000.
        var expected: [UInt8] = [0xAB, 0xFE, 0xFF, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0x80]
        expected += [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0xC0]
        expected += [3, 0, 0, 0, 0x61, 0xC3, 0xA9, 0, 0, 0, 0]
        #expect(attributes == expected)
    }

    @Test("fields come back in their order, and nothing remains")
    func fields() throws {
        var writer = RecordWriter()
        writer.append(UInt16.max)
        writer.append("Zürich")
        writer.append(Int32.min)
        writer.append(-0.0)
        writer.append(Float.infinity)
        try read(writer.attributes) { reader throws in
            #expect(try reader.readInteger(UInt16.self) == .max)
            #expect(try reader.readString() == "Zürich")
            #expect(try reader.readInteger(Int32.self) == .min)
            #expect(try reader.readDouble().sign == .minus)
            #expect(reader.remaining == 4)
            #expect(try reader.read(Float.self) == .infinity)
            #expect(reader.remaining == 0)
        }
    }

    @Test("a double keeps its bits, those of a signalling NaN too")
    func doubleBits() throws {
        for bits: UInt64 in [
            0x7FF0_0000_0000_0001, 0x7FF8_0000_0000_BEEF, 0xFFF0_0000_0000_0000, 0x8000_0000_0000_0000, 1,
        ] {
            var writer = RecordWriter()
            writer.append(Double(bitPattern: bits))
            let found = try read(writer.attributes) { reader in try reader.readDouble().bitPattern }
            #expect(found == bits)
        }
    }

    @Test("events of a batch lie one behind the other, with their ends and payloads")
    func batch() throws {
        let notes = [
            Note(text: "first", weight: 1, attachment: Payload([1, 2, 3])), Note(text: "", weight: 2),
            Note(text: "drei", weight: 3, attachment: Payload([9])),
        ]
        var writer = RecordWriter(expectedRecords: 3)
        for note in notes { writer.append(note) }
        let (attributes, ends, payloads) = (writer.attributes, writer.attributeEnds, writer.payloads)
        #expect(ends == [17, 29, 45])
        #expect(attributes.count == 45)
        #expect(payloads.map(\.array) == [[1, 2, 3], [], [9]], "a payload is not carried over to the next record")
        for (index, note) in notes.enumerated() {
            let bytes = Array(attributes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
            let found = try read(bytes, payload: payloads[index]) { reader in
                let note = try Note(reading: &reader)
                #expect(reader.remaining == 0)
                return note
            }
            #expect(found.text == note.text)
            #expect(found.weight == note.weight)
            #expect(found.attachment.array == note.attachment.array)
        }
    }

    @Test("fixed events are their fields' bytes, and come back")
    func fixedEvents() throws {
        let sample = Sample(number: 1, value: 1.5, gain: -2, column: -2, kind: 7, valid: true)
        var writer = RecordWriter()
        writer.append(sample)
        writer.append(sample)
        let (attributes, ends) = (writer.attributes, writer.attributeEnds)
        let expected: [UInt8] = [
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0xC0, 0xFE, 0xFF, 7, 1,
        ]
        #expect(attributes == expected + expected)
        #expect(ends == [24, 48])
        // One byte off, so that the record is read where it is not aligned.
        let found = try read([0] + expected) { reader in
            _ = try reader.read(UInt8.self)
            return try Sample(reading: &reader)
        }
        #expect(found == sample)
    }

    @Test("a record that ends early says how much was needed and how much was there")
    func tooShort() {
        #expect(throws: RecordError.tooShort(needed: 8, available: 3)) {
            try read([1, 2, 3]) { reader in try reader.readDouble() }
        }
        #expect(throws: RecordError.tooShort(needed: 1, available: 0)) {
            try read([]) { reader in try reader.read(UInt8.self) }
        }
        #expect(throws: RecordError.tooShort(needed: 24, available: 23)) {
            try read([UInt8](repeating: 0, count: 23)) { reader in try Sample(reading: &reader) }
        }
        #expect(throws: RecordError.tooShort(needed: 4, available: 2)) {
            try read([1, 0]) { reader in try reader.readString() }
        }
        #expect(throws: RecordError.tooShort(needed: 4_294_967_295, available: 1)) {
            try read([0xFF, 0xFF, 0xFF, 0xFF, 0x61]) { reader in try reader.readString() }
        }
    }

    @Test("text that is not UTF-8 is refused, never repaired")
    func invalidText() {
        // A lone continuation, a cut sequence, an overlong slash, a surrogate, a code point beyond U+10FFFF.
        let malformed: [[UInt8]] = [
            [0x80], [0xE2, 0x82], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        ]
        for bytes in malformed {
            #expect(throws: RecordError.invalidText, "\(bytes)") {
                try read([UInt8(bytes.count), 0, 0, 0] + bytes) { reader in try reader.readString()
                }
            }
        }
    }

    @Test("a read that fails consumes nothing of a number")
    func failedRead() throws {
        try read([1, 2, 3]) { reader throws in
            #expect(throws: RecordError.self) { try reader.readInteger(UInt32.self) }
            #expect(reader.remaining == 3)
            #expect(try reader.readInteger(UInt16.self) == 0x0201)
        }
    }

    @Test("errors are told in words")
    func words() {
        #expect(RecordError.tooShort(needed: 8, available: 3).description.contains("8 bytes needed, 3 there"))
        #expect(RecordError.trailingBytes(2).description.contains("2 bytes after its last field"))
        #expect(RecordError.invalidField("kind 9").description.contains("kind 9"))
    }
}
