import PenstockFormats
import Testing

@Suite struct CIFDocumentTests {
    private func document(_ text: String) throws -> CIFDocument { try CIFDocument(Array(text.utf8), name: "x.cif") }

    @Test("tags, quotations, text fields and comments are read by the rules of CIF 1.1")
    func grammar() throws {
        let cif = try document(
            """
            # a comment with loop_ and data_
            DATA_one
            _Cell_Length_A 11.0(2) # behind a value
            _name 'a dog's life' _other "it said "no"; twice"
            _hash a#b
            _text
            ;first line
             loop_ ; and _tags are text
            ;
            LOOP_ _atom.x _atom_y
              1 .5 ? '.'
            data_two
            _cell_length_a -1.5e-2
            """)
        #expect(cif.blocks.map(\.name) == ["one", "two"] && cif.findings.isEmpty)
        let block = cif.blocks[0]
        #expect(block.value("_cell_length_a")?.number == 11 && block.value("_cell_length_a")?.text == "11.0(2)")
        #expect(block.value("_name")?.text == "a dog's life")
        #expect(block.value("_other")?.text == "it said \"no\"; twice")
        #expect(block.value("_hash")?.text == "a#b")
        #expect(block.value("_text")?.text == "first line\n loop_ ; and _tags are text")
        let loop = try #require(block.loop(with: "_atom_x"))
        #expect(loop.rowCount == 2 && loop.tags == ["_atom_x", "_atom_y"] && loop.line == 10)
        #expect(loop[0, 1].number == 0.5 && loop[1, 0].isMissing && !loop[1, 1].isMissing)
        #expect(cif.blocks[1].value("_cell_length_a")?.number == -0.015 && cif.blocks[1].line == 12)
    }

    @Test("lines end with LF, CR LF or CR, behind a byte order mark or not", arguments: ["\n", "\r\n", "\r"])
    func lineEnds(_ end: String) throws {
        let lines = ["\u{FEFF}data_x", "_a", ";one", "two", ";", "loop_", "_b", "\t1\t2", "_c '"]
        let cif = try document(lines.joined(separator: end))
        #expect(cif.blocks[0].value("_a")?.text == "one\(end)two")
        #expect(cif.blocks[0].loop(with: "_b")?.values.map(\.text) == ["1", "2"])
        #expect(cif.findings.map(\.code) == [.unclosedQuotation] && cif.findings[0].line == 9)
    }

    @Test("what breaks the grammar is told with its line, and the rest is read")
    func findings() throws {
        let cif = try document(
            """
            my mof
            _a 1
            _a 2
            _b
            _c 3 stray
            loop_ _d _e
            1 2 3
            loop_ _f
            loop_
            save_frame _g 1 save_
            _h ok
            _i
            ;open
            """)
        #expect(
            cif.findings.map(\.code) == [
                .strayText, .noDataHeader, .repeatedTag, .missingValue, .strayText, .unfilledLoop, .emptyLoop,
                .emptyLoop,
                .saveFrame, .unclosedText,
            ])
        #expect(cif.findings.map(\.line) == [1, 2, 3, 4, 5, 6, 8, 9, 10, 13])
        let block = cif.blocks[0]
        #expect(block.value("_a")?.text == "1" && block.value("_b")?.isMissing == true && block.value("_g") == nil)
        #expect(block.value("_h")?.text == "ok" && block.loop(with: "_d")?.isFilled == false)
        #expect(block.loop(with: "_d")?.rowCount == 1)
    }

    @Test(
        "what is no CIF at all is refused", arguments: ["", "   \n", "\u{0}\u{1}", "just text\nwithout tags", "data_x"])
    func refused(_ text: String) {
        #expect(formatError { _ = try document(text) }?.code == .wrongFormat)
    }

    @Test("numbers that are none, or not finite, have no value")
    func numbers() throws {
        let cif = try document("data_x loop_ _a 1e400 nan inf 1.2.3 (3) 5( -7(12) ''")
        let numbers = try #require(cif.blocks[0].loop(with: "_a")).values.map(\.number)
        #expect(numbers == [nil, nil, nil, nil, nil, 5, -7, nil])
    }

    @Test("any bytes can be read", arguments: 0..<300 as Range<UInt64>)
    func anyBytes(seed: UInt64) {
        var state = seed
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        // Pieces of the grammar, cut and put together at random, with bytes that are not UTF-8.
        let pieces: [[UInt8]] =
            [
                "data_", "loop_", "save_", "_a", "_atom_site_fract_x", "'", "\"", ";", "\n", "\r", " ", "\t", "#",
                "1.5(3)", "?", ".",
                "global_", "stop_", "x'", "\n;", "é",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x00], [0x0B]]
        var bytes: [UInt8] = Array("_t 1 ".utf8)
        for _ in 0..<random(200) { bytes += pieces[random(pieces.count)] }
        guard let cif = try? CIFDocument(bytes, name: "seed \(seed)") else { return }
        for block in cif.blocks {
            #expect(block.items.isFilled)
            for loop in block.loops { #expect(loop.rowCount * loop.tags.count <= loop.values.count) }
        }
    }
}
