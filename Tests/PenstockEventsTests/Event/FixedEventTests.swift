import PenstockEvents
import Testing

@Suite("The layout of fixed events")
struct FixedEventTests {
    private struct InnerPadding: FixedEvent {
        var kind: UInt8 = 0
        var value: UInt32 = 0
        static let schema = Schema("InnerPadding", fields: [.init("kind", .u8), .init("value", .u32)])
    }

    private struct TailPadding: FixedEvent {
        var value: UInt32 = 0
        var kind: UInt8 = 0
        static let schema = Schema("TailPadding", fields: [.init("value", .u32), .init("kind", .u8)])
    }

    private struct HiddenField: FixedEvent {
        var value: UInt32 = 0
        var hidden: UInt32 = 0
        static let schema = Schema("HiddenField", fields: [.init("value", .u32)])
    }

    private struct Variable: FixedEvent {
        var value: UInt64 = 0
        static let schema = Schema("Variable", fields: [.init("value", .string)])
    }

    private struct WithPayload: FixedEvent {
        var value: UInt64 = 0
        static let schema = Schema("WithPayload", fields: [.init("value", .u64)], payload: .init("pixels", .bytes))
    }

    private struct Filled: FixedEvent {
        var kind: UInt8 = 0
        var reserved: (UInt8, UInt8, UInt8) = (0, 0, 0)
        var value: UInt32 = 0
        static let schema = Schema(
            "Filled", fields: [.init("kind", .u8), .init("reserved", .u8, shape: [.count(3)]), .init("value", .u32)])
    }

    @Test("a struct whose fields leave no gap has no defect")
    func sound() {
        #expect(Sample.layoutDefect == nil)
        #expect(Filled.layoutDefect == nil)
    }

    @Test("padding between the fields is found")
    func innerPadding() {
        #expect(InnerPadding.layoutDefect?.contains("InnerPadding occupies 8 bytes") == true)
        #expect(InnerPadding.layoutDefect?.contains("its schema take 5") == true)
    }

    @Test("padding behind the last field is found")
    func tailPadding() {
        #expect(TailPadding.layoutDefect?.contains("TailPadding occupies 8 bytes") == true)
    }

    @Test("a field that the schema does not name is found")
    func hiddenField() {
        #expect(HiddenField.layoutDefect?.contains("its schema take 4") == true)
    }

    @Test("a field of variable length is found")
    func variable() {
        #expect(Variable.layoutDefect?.contains("Variable has a field of variable length") == true)
    }

    @Test("a payload, which a fixed event never writes, is found")
    func payload() {
        #expect(WithPayload.layoutDefect?.contains("names the payload pixels") == true)
    }
}
