import Foundation
import PenstockEvents
import Testing

@Suite("The grammar of schemas")
struct SchemaGrammarTests {
    @Test("the parts of a schema are read from its written form")
    func parts() throws {
        let schema = try Schema(
            parsing: "tomo.Frame@12 { scan: u64; angle: f64 (deg); rows: u32; columns: u32; "
                + "offsets: i16[2, 3]; payload pixels: u16[rows, columns] (counts) }")
        #expect(schema.name == "tomo.Frame")
        #expect(schema.version == 12)
        #expect(schema.fields.map(\.name) == ["scan", "angle", "rows", "columns", "offsets"])
        #expect(schema.fields.map(\.element) == [.u64, .f64, .u32, .u32, .i16])
        #expect(schema.fields.map(\.unit) == [nil, "deg", nil, nil, nil])
        #expect(schema.fields[0].shape == [])
        #expect(schema.fields[4].shape == [.count(2), .count(3)])
        let payload = try #require(schema.payload)
        #expect(payload.name == "pixels")
        #expect(payload.element == .u16)
        #expect(payload.shape == [.field("rows"), .field("columns")])
        #expect(payload.unit == "counts")
    }

    @Test(
        "a written form comes back as it was",
        arguments: [
            "E@1 { }",
            "_e.2@9223372036854775807 { _x1: bool }",
            "Reading@1 { sensor: string; value: f32 (K) }",
            "Grid@3 { n: u8; m: i64; cells: f64[n, 4, m] (1/pixel); tags: string[2]; blob: bytes }",
            "Frame@1 { rows: u32; columns: u32; payload pixels: u16[rows, columns] (counts) }",
            "OnlyPayload@1 { payload file: bytes }",
            "Word@1 { payload: u8 }",
            "Word@1 { payload: u8; payload data: f32[payload] }",
            "Word@1 { payload payload: bytes }",
            "Units@1 { a: f64 (); b: f64 ( two  words ); c: f64 (µm²; [x]); d: f64 (a(b) }",
            "Limit@1 { a: u8[2147483648]; b: u8[65536, 32768] }",
        ])
    func roundTrip(text: String) throws {
        let schema = try Schema(parsing: text)
        #expect(schema.description == text)
        #expect(try Schema(parsing: schema.description) == schema)
    }

    @Test("all types are known by their names")
    func types() throws {
        let names = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "bool", "string", "bytes"]
        let sizes: [Int?] = [1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1, nil, nil]
        #expect(Schema.Element.allCases.map(\.rawValue) == names)
        #expect(Schema.Element.allCases.map(\.byteCount) == sizes)
        for (name, size) in zip(names, sizes) {
            #expect(try Schema(parsing: "E@1 { x: \(name) }").fixedByteCount == size)
        }
    }

    @Test("white space between words does not matter")
    func whiteSpace() throws {
        let tight = "E@1{n:u32;x:f64[n,2](deg);payload p:u8[n]}"
        let wide = " \n E  @ 1\t{ n : u32 ;\r\n x : f64 [ n , 2 ]  (deg) ; payload  p : u8 [ n ] } \n"
        #expect(try Schema(parsing: tight) == Schema(parsing: wide))
        #expect(try Schema(parsing: wide).description == "E@1 { n: u32; x: f64[n, 2] (deg); payload p: u8[n] }")
    }

    @Test("byte counts are known where no record differs from another")
    func byteCounts() throws {
        func count(_ fields: String) throws -> Int? { try Schema(parsing: "E@1 { \(fields) }").fixedByteCount }
        #expect(try count("") == 0)
        #expect(try count("a: u64; b: f32; c: bool") == 13)
        #expect(try count("a: u16[3, 5]; b: u8") == 31)
        #expect(try count("a: f64[2147483648]; b: f64[2147483648]") == 34_359_738_368)
        #expect(try count("n: u32; a: u16[n]") == nil)
        #expect(try count("a: u64; b: string") == nil)
        #expect(try count("a: u64; payload p: bytes") == 8, "the payload is not part of the attributes")
    }

    @Test("a schema made in code is the one that its written form says")
    func madeInCode() throws {
        let schema = Schema(
            "Frame",
            fields: [.init("rows", .u32), .init("angle", .f64, unit: "deg"), .init("gain", .f32, shape: [.count(4)])],
            payload: .init("pixels", .u16, shape: [.field("rows"), .count(64)]))
        let text = "Frame@1 { rows: u32; angle: f64 (deg); gain: f32[4]; payload pixels: u16[rows, 64] }"
        #expect(schema.description == text)
        #expect(try Schema(parsing: text) == schema)
    }

    @Test("a schema made in code that could not be read back stops the program")
    func unreadableSchemas() async {
        await #expect(processExitsWith: .failure) { _ = Schema("not a name", fields: []) }
        await #expect(processExitsWith: .failure) { _ = Schema("E", version: 0, fields: []) }
        await #expect(processExitsWith: .failure) { _ = Schema("E", fields: [.init("x", .u8, unit: "a)b")]) }
        await #expect(processExitsWith: .failure) { _ = Schema("E", fields: [.init("x", .u8, shape: [.field("n")])]) }
    }

    @Test("the examples of docs/schemas.md are in their normal spelling")
    func documentedExamples() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let page = try String(contentsOf: root.appending(path: "docs/schemas.md"), encoding: .utf8)
        let examples = page.split(separator: "\n").filter { $0.hasPrefix("| `") && $0.contains("@") }
            .compactMap { $0.split(separator: "`").dropFirst().first }
        #expect(examples.count == 6)
        for example in examples {
            #expect(try Schema(parsing: String(example)).description == example)
        }
    }

    @Test("random schemas are written and read back")
    func randomSchemas() throws {
        let seed: UInt64 = 8
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let schema = randomSchema(using: &generator)
            #expect(try Schema(parsing: schema.description) == schema, "\(schema), seed \(seed)")
        }
    }

    private func randomSchema(using generator: inout SeededGenerator) -> Schema {
        let integers: [Schema.Element] = [.u8, .u16, .u32, .u64, .i8, .i16, .i32, .i64]
        var fields: [Schema.Field] = []
        var extents: [String] = []
        func field(_ name: String) -> Schema.Field {
            let element = Schema.Element.allCases.randomElement(using: &generator) ?? .u8
            let shape: [Schema.Extent] = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                let referenced = Bool.random(using: &generator) ? extents.randomElement(using: &generator) : nil
                return referenced.map { .field($0) } ?? .count(.random(in: 1...1000, using: &generator))
            }
            let unit = [nil, "deg", "1/pixel", "", "mol kg^-1"].randomElement(using: &generator) ?? nil
            return Schema.Field(name, element, shape: shape, unit: unit)
        }
        for index in 0..<Int.random(in: 0...6, using: &generator) {
            let next = field("field_\(index)")
            fields.append(next)
            if integers.contains(next.element), next.shape.isEmpty { extents.append(next.name) }
        }
        let payload = Bool.random(using: &generator) ? field("body") : nil
        return Schema(
            "Random.\(fields.count)", version: .random(in: 1...9, using: &generator), fields: fields, payload: payload)
    }
}
