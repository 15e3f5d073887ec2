import PenstockEvents
import Testing

@Suite("The identity of schemas")
struct SchemaIdentityTests {
    private func id(_ text: String) throws -> UInt64 { try Schema(parsing: text).id }

    /// Values of `xxhash.xxh64` (the xxhash package for Python 4.1.0) of the written forms without units.
    @Test("the identity is XXH64 of the written form without units")
    func knownIdentities() throws {
        let frame = "Frame@1 { scan: u64; angle: f64 (deg); rows: u32; columns: u32; "
        #expect(try id(frame + "payload pixels: u16[rows, columns] (counts) }") == 0xF875_82D0_FB56_4FC2)
        #expect(try id("E@1 { }") == 0x46E6_360A_D2A1_C336)
    }

    @Test("units and white space do not change the identity")
    func sameIdentity() throws {
        let plain = try id("E@1 { a: f64; payload p: u8[2] }")
        #expect(try id("E@1 { a: f64 (deg); payload p: u8[2] (counts) }") == plain)
        #expect(try id("E@1{a:f64;payload p:u8[2]}") == plain)
    }

    @Test("a name, a version, a type, a shape, an order and the payload's place change the identity")
    func differentIdentities() throws {
        let texts = [
            "E@1 { n: u8; a: f64[n]; b: f64; payload p: u8[2] }",
            "F@1 { n: u8; a: f64[n]; b: f64; payload p: u8[2] }",
            "E@2 { n: u8; a: f64[n]; b: f64; payload p: u8[2] }",
            "E@1 { n: u8; a: f64[n]; c: f64; payload p: u8[2] }",
            "E@1 { n: u8; a: f64[n]; b: u64; payload p: u8[2] }",
            "E@1 { n: u8; a: f64[n, 2]; b: f64; payload p: u8[2] }",
            "E@1 { n: u8; a: f64[1]; b: f64; payload p: u8[2] }",
            "E@1 { n: u8; a: f64; b: f64; payload p: u8[2] }",
            "E@1 { n: u8; b: f64; a: f64[n]; payload p: u8[2] }",
            "E@1 { n: u8; a: f64[n]; b: f64; payload p: u8[3] }",
            "E@1 { n: u8; a: f64[n]; b: f64; payload q: u8[2] }",
            "E@1 { n: u8; a: f64[n]; b: f64; p: u8[2] }",
            "E@1 { n: u8; a: f64[n]; b: f64 }",
        ]
        let ids = try texts.map(id)
        for (index, a) in ids.enumerated() {
            for other in ids.indices where other > index {
                #expect(a != ids[other], "\(texts[index]) and \(texts[other])")
            }
        }
    }

    @Test("schemas that differ in a unit alone are the same identity, not the same schema")
    func unitsAndEquality() throws {
        let degrees = try Schema(parsing: "E@1 { a: f64 (deg) }")
        let radians = try Schema(parsing: "E@1 { a: f64 (rad) }")
        #expect(degrees != radians)
        #expect(degrees.id == radians.id)
    }
}
