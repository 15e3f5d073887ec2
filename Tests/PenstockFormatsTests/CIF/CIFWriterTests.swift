import PenstockFormats
import Testing

@Suite struct CIFWriterTests {
    /// Values that must not be taken for anything else.
    static let values = [
        "plain", "", "?", ".", "two words", "a dog's life", "'quoted'", "\"double\"", "both ' and \" here", "#hash",
        "_tag",
        "$frame", "[list", ";text", "data_x", "LOOP_", "global_", "save_", "tab\there", "line\nbreak",
        "text\n;with a field",
        "carriage\rreturn", "it's' \" end", "'", "\"", "' \" ", "é",
    ]

    @Test("every value is read back as it was written", arguments: values)
    func value(_ value: String) throws {
        var cif = CIFWriter()
        cif.begin("a name")
        cif.item("_item", value)
        cif.loop(["_one", "_two"])
        for _ in 0..<4 { cif.append(value) }
        cif.item("_last", "1")
        let read = try CIFDocument(Array(cif.text.utf8), name: "x")
        #expect(read.findings.isEmpty && read.blocks.map(\.name) == ["a_name"])
        // A line that begins with a semicolon gets a blank: nothing else can be written in CIF 1.1.
        let expected = value.replacing("\n;", with: "\n ;")
        #expect(read.blocks[0].value("_item")?.text == expected && read.blocks[0].value("_item")?.isMissing == false)
        #expect(read.blocks[0].loop(with: "_two")?.values.map(\.text) == [expected, expected, expected, expected])
        #expect(read.blocks[0].value("_last")?.integer == 1)
    }

    @Test("numbers keep all their digits, and what is none is unknown")
    func numbers() throws {
        let numbers: [Double] = [
            0.1, -1e-300, 1 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 123456789.125,
        ]
        var cif = CIFWriter()
        cif.begin("x")
        cif.loop(["_n"])
        for number in numbers { cif.append(number) }
        cif.append(Double.nan)
        cif.append(nil as Double?)
        cif.item("_infinite", Double.infinity)
        let block = try CIFDocument(Array(cif.text.utf8), name: "x").blocks[0]
        let read = try #require(block.loop(with: "_n")).values
        #expect(read.prefix(numbers.count).map { $0.number?.bitPattern } == numbers.map(\.bitPattern))
        #expect(read.suffix(2).allSatisfy(\.isMissing) && block.value("_infinite")?.isMissing == true)
    }
}
