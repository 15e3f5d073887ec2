import PenstockEvents
import Testing

@Suite("Records by their schema")
struct RecordDecoderTests {
    private func decode(_ schema: String, _ bytes: [UInt8]) throws -> [FieldValue] {
        let decoder = RecordDecoder(try Schema(parsing: schema))
        return try bytes.withUnsafeBytes { try decoder.decode($0) }
    }

    private func encode(_ schema: Schema, _ values: [FieldValue]) throws -> [UInt8] {
        var writer = RecordWriter()
        try RecordEncoder(schema).encode(values, to: &writer)
        return writer.attributes
    }

    @Test("every element type is read from its little-endian bytes")
    func elements() throws {
        // Bytes by hand; 1.5 is 0x3FC00000 and 0x3FF8000000000000 by IEEE 754.
        let values = try decode(
            """
            All@1 { a: u8; b: u16; c: u32; d: u64; e: i8; f: i16; g: i32; h: i64; i: f32; j: f64; k: bool; l: string; m: bytes }
            """,
            [
                1, 2, 1, 3, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xFE, 0xFF, 0xFD, 0xFF, 0xFF, 0xFF, 0xFC, 0xFF, 0xFF,
                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 1, 2, 0, 0, 0, 0xC3, 0xBC,
                3, 0, 0, 0, 9, 8, 7,
            ])
        #expect(
            values == [
                .unsigned(1), .unsigned(258), .unsigned(0x0100_0003), .unsigned(0x0100_0000_0000_0004), .signed(-1),
                .signed(-2), .signed(-3), .signed(-4), .float(1.5), .double(1.5), .bool(true), .text("ü"),
                .bytes([9, 8, 7]),
            ])
    }

    @Test("arrays have constant extents or those of fields before them")
    func arrays() throws {
        #expect(
            try decode("A@1 { n: u8; x: u8[n, 2]; s: string[n] }", [2, 1, 2, 3, 4, 1, 0, 0, 0, 0x61, 0, 0, 0, 0])
                == [
                    .unsigned(2), .array([.unsigned(1), .unsigned(2), .unsigned(3), .unsigned(4)]),
                    .array([.text("a"), .text("")]),
                ])
        #expect(try decode("A@1 { n: i8; x: f64[n] }", [0]) == [.signed(0), .array([])])
    }

    @Test(
        "what does not hold the fields is refused, before memory is taken for it",
        arguments: [
            ("A@1 { x: u32 }", [1, 2, 3]), ("A@1 { x: u8 }", [1, 2]), ("A@1 { x: bool }", [2]),
            ("A@1 { s: string }", [200, 0, 0, 0, 1]), ("A@1 { s: string }", [1, 0, 0, 0, 0xFF]),
            ("A@1 { n: i8; x: u8[n] }", [0xFF]),
            ("A@1 { n: u64; x: u64[n] }", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]),
            ("A@1 { n: u64; x: string[n, n] }", [0, 0, 0, 0, 1, 0, 0, 0]),
        ] as [(String, [UInt8])])
    func refused(schema: String, bytes: [UInt8]) throws {
        #expect(throws: RecordError.self) { try decode(schema, bytes) }
    }

    @Test("random records come back from the encoder bit by bit")
    func roundTrip() throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let elements = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                Schema.Element.allCases.randomElement(using: &random) ?? .u8
            }
            var fields = [Schema.Field("n", .u8)]
            for (index, element) in elements.enumerated() {
                let shape: [Schema.Extent] = [[], [.count(3)], [.field("n")], [.field("n"), .count(2)]].randomElement(
                    using: &random)!
                fields.append(.init("f\(index)", element, shape: shape))
            }
            let schema = Schema("Random", fields: fields)
            let n = UInt64.random(in: 0...4, using: &random)
            var values: [FieldValue] = [.unsigned(n)]
            for field in fields.dropFirst() {
                let count = field.shape.reduce(1) { product, extent in
                    if case .count(let constant) = extent { product * constant } else { product * Int(n) }
                }
                values.append(
                    field.shape.isEmpty
                        ? value(field.element, &random)
                        : .array((0..<count).map { _ in value(field.element, &random) }))
            }
            let bytes = try encode(schema, values)
            let decoded = try bytes.withUnsafeBytes { try RecordDecoder(schema).decode($0) }
            #expect(decoded == values, "seed \(seed), \(schema)")
        }
    }

    @Test("a value that does not fit its field is refused by name")
    func unfitting() throws {
        let schema = try Schema(parsing: "A@1 { n: u8; x: i16[n] }")
        for values: [FieldValue] in [
            [.unsigned(256), .array([])], [.unsigned(1), .array([])], [.unsigned(1), .array([.signed(40_000)])],
            [.unsigned(1), .signed(1)], [.text("1"), .array([])], [.unsigned(0)],
        ] {
            #expect(throws: RecordError.self) { try encode(schema, values) }
        }
    }

    private func value(_ element: Schema.Element, _ random: inout SeededGenerator) -> FieldValue {
        let bits = random.next()
        switch element {
        case .u8: return .unsigned(bits & 0xFF)
        case .u16: return .unsigned(bits & 0xFFFF)
        case .u32: return .unsigned(bits & 0xFFFF_FFFF)
        case .u64: return .unsigned(bits)
        case .i8: return .signed(Int64(Int8(truncatingIfNeeded: bits)))
        case .i16: return .signed(Int64(Int16(truncatingIfNeeded: bits)))
        case .i32: return .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case .i64: return .signed(Int64(bitPattern: bits))
        case .f32: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .f64: return .double(Double(bitPattern: bits))
        case .bool: return .bool(bits & 1 == 1)
        case .string:
            return .text(String((0..<bits % 5).map { _ in ["a", "ü", "\n", "🌊"].randomElement(using: &random)! }))
        case .bytes: return .bytes((0..<bits % 6).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }
}
