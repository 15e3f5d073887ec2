import PenstockEvents
import Testing

@Suite("Errors in written schemas")
struct SchemaErrorTests {
    /// Each text has the mark `^` before the first thing that the grammar does not allow; the mark is not part of the schema.
    static let errors: [(marked: String, problem: String)] = [
        ("^", "a schema name was expected"),
        ("  ^", "a schema name was expected"),
        ("^1E@1 { }", "a schema name was expected"),
        ("^é@1 { }", "a schema name was expected"),
        ("E^", "`@` was expected"),
        ("E ^{ }", "`@` was expected"),
        ("a^-b@1 { }", "`@` was expected"),
        ("E@^", "a positive number of at most 9223372036854775807 was expected"),
        ("E@^0 { }", "a positive number of at most 9223372036854775807 was expected"),
        ("E@ ^-1 { }", "a positive number of at most 9223372036854775807 was expected"),
        ("E@^9223372036854775808 { }", "a positive number of at most 9223372036854775807 was expected"),
        ("E@^٣ { }", "a positive number of at most 9223372036854775807 was expected"),
        ("E@1 ^", "`{` was expected"),
        ("E@1^.0 { }", "`{` was expected"),
        ("E@1 {^", "a field name was expected"),
        ("E@1 { ^: u8 }", "a field name was expected"),
        ("E@1 { ^; a: u8 }", "a field name was expected"),
        ("E@1 { a: u8; ^}", "a field name was expected"),
        ("E@1 { a^.b: u8 }", "`:` was expected"),
        ("E@1 { a ^u8 }", "`:` was expected"),
        ("E@1 { a: ^}", "a type was expected"),
        ("E@1 { a: ^8u }", "a type was expected"),
        (
            "E@1 { a: ^int }",
            "int is not a type; the types are u8, u16, u32, u64, i8, i16, i32, i64, f32, f64, bool, string, bytes"
        ),
        (
            "E@1 { a: ^U8 }",
            "U8 is not a type; the types are u8, u16, u32, u64, i8, i16, i32, i64, f32, f64, bool, string, bytes"
        ),
        ("E@1 { a: u8 ^b: u8 }", "`;` was expected"),
        ("E@1 { a: u8^", "`;` was expected"),
        ("E@1 { a: u8^, a: u8 }", "`;` was expected"),
        ("E@1 { a: u8; ^a: u16 }", "two fields are named a"),
        ("E@1 { a: u8; payload ^a: bytes }", "two fields are named a"),
        ("E@1 { n: u8; a: f32[^] }", "an extent was expected"),
        ("E@1 { n: u8; a: f32[n, ^] }", "an extent was expected"),
        ("E@1 { n: u8; a: f32[n^; b: u8 }", "`]` was expected"),
        ("E@1 { n: u8; a: f32[n ^2] }", "`]` was expected"),
        ("E@1 { a: f32[2, ^0] }", "a positive number of at most 9223372036854775807 was expected"),
        ("E@1 { a: f32[^-2] }", "an extent was expected"),
        ("E@1 { a: f32[^2147483649] }", "an array has at most 2147483648 elements"),
        ("E@1 { a: f32[^4294967296] }", "an array has at most 2147483648 elements"),
        ("E@1 { a: f32[65536, 32768, ^2] }", "an array has at most 2147483648 elements"),
        ("E@1 { a: f32[^n] }", "the extent n is not a field that stands before this one"),
        ("E@1 { a: f32[^a] }", "the extent a is not a field that stands before this one"),
        ("E@1 { a: f32[2, ^n]; n: u8 }", "the extent n is not a field that stands before this one"),
        ("E@1 { payload p: f32[^p] }", "the extent p is not a field that stands before this one"),
        ("E@1 { x: f64; a: f32[^x] }", "the extent x is not a single integer"),
        ("E@1 { x: string; a: f32[^x] }", "the extent x is not a single integer"),
        ("E@1 { x: bool; a: f32[^x] }", "the extent x is not a single integer"),
        ("E@1 { x: u8[2]; payload p: f32[^x] }", "the extent x is not a single integer"),
        ("E@1 { a: f64 (deg^", "`)` was expected"),
        ("E@1 { a: f64 (deg; b: u8 }^", "`)` was expected"),
        ("E@1 { payload ^1: u8 }", "the payload's name was expected"),
        ("E@1 { payload p ^bytes }", "`:` was expected"),
        ("E@1 { payload p: bytes^; a: u8 }", "the payload is the last field; `}` was expected"),
        ("E@1 { payload p: bytes ^payload q: bytes }", "the payload is the last field; `}` was expected"),
        ("E@1 { a: u8 } ^x", "nothing may follow the closing brace"),
        ("E@1 { a: u8 }^}", "nothing may follow the closing brace"),
    ]

    @Test("an error says what is wrong, and where", arguments: errors)
    func error(marked: String, problem: String) throws {
        let mark = try #require(marked.firstIndex(of: "^"))
        var text = marked
        text.remove(at: mark)
        let found = #expect(throws: SchemaError.self) { try Schema(parsing: text) }
        #expect(found?.problem == problem)
        #expect(found?.position == marked.distance(from: marked.startIndex, to: mark))
    }

    @Test("people count characters from one")
    func description() {
        let error = #expect(throws: SchemaError.self) { try Schema(parsing: "E@1 [") }
        #expect(error?.description == "schema, character 5: `{` was expected")
    }

    @Test("every text that ends early is refused")
    func prefixes() {
        let text = "Frame@1 { rows: u32; angle: f64 (deg); payload pixels: u16[rows, 64] (counts) }"
        for count in 0..<text.count {
            #expect(throws: SchemaError.self, "the first \(count) characters") {
                try Schema(parsing: String(text.prefix(count)))
            }
        }
    }
}
