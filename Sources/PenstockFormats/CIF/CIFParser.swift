/// Puts tokens together to blocks.
struct CIFParser {
    private let bytes: UnsafeRawBufferPointer
    private var tokens: CIFTokenizer
    private var token: CIFTokenizer.Token?

    private var blocks: [CIFBlock] = []
    private var draft: Draft?
    private var isInFrame = false
    private(set) var findings: [CIFFinding] = []
    private(set) var hasTags = false

    /// The block that is being read.
    private struct Draft {
        var name: String
        var line: Int
        var tags: [String] = []
        var values: [CIFValue] = []
        var loops: [CIFLoop] = []
        /// Only asked whether it contains a tag: its order is of no account.
        var seen: Set<String> = []

        var block: CIFBlock {
            CIFBlock(name: name, line: line, items: CIFLoop(tags: tags, values: values, line: line), loops: loops)
        }
    }

    /// - Parameter bytes: Must outlive `parse`.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        tokens = CIFTokenizer(bytes)
    }

    /// Reads all tokens and gives the blocks.
    mutating func parse() -> [CIFBlock] {
        advance()
        while let token {
            switch token.kind {
            case .block:
                if let draft { blocks.append(draft.block) }
                draft = Draft(name: text(token), line: token.line)
                isInFrame = false
                advance()
            case .frame:
                isInFrame = !token.range.isEmpty
                if isInFrame {
                    note(.saveFrame, token.line, "save frames belong to dictionaries; this one was passed over")
                }
                advance()
            case .stop: advance()
            case .tag: readItem(token)
            case .loop: readLoop(token)
            case .value: passStrayText(token)
            }
        }
        if let draft { blocks.append(draft.block) }
        return blocks
    }

    private mutating func advance() {
        token = tokens.next()
        guard let token, let defect = tokens.defect else { return }
        note(
            defect, token.line,
            defect == .unclosedText
                ? "a text that begins with a semicolon has no line with a semicolon at its end"
                : "a quotation has no end on its line")
    }

    private mutating func readItem(_ tag: CIFTokenizer.Token) {
        let name = normalised(tag)
        advance()
        var value = CIFValue(text: "?", isQuoted: false, line: Int32(clamping: tag.line))
        if let given = token, case .value(let isQuoted) = given.kind {
            value = CIFValue(text: text(given), isQuoted: isQuoted, line: Int32(clamping: given.line))
            advance()
        } else {
            note(.missingValue, tag.line, "\(name.prefix(60)) has no value; it counts as unknown")
        }
        guard begin(tag.line) else { return }
        if draft!.seen.insert(name).inserted {
            draft!.tags.append(name)
            draft!.values.append(value)
        } else {
            note(.repeatedTag, tag.line, "\(name.prefix(60)) stands twice in a block; the first value counts")
        }
    }

    private mutating func readLoop(_ loop: CIFTokenizer.Token) {
        advance()
        var tags: [String] = []
        while let tag = token, tag.kind == .tag {
            tags.append(normalised(tag))
            advance()
        }
        var values: [CIFValue] = []
        while let given = token, case .value(let isQuoted) = given.kind {
            values.append(CIFValue(text: text(given), isQuoted: isQuoted, line: Int32(clamping: given.line)))
            advance()
        }
        guard !tags.isEmpty, !values.isEmpty else {
            let lack = tags.isEmpty ? "columns" : "values"
            return note(.emptyLoop, loop.line, "a loop has no \(lack); it was passed over")
        }
        if values.count % tags.count != 0 {
            note(
                .unfilledLoop, loop.line,
                "the loop of \(tags[0].prefix(60)) has \(values.count) values, which do not fill its \(tags.count) columns"
            )
        }
        guard begin(loop.line) else { return }
        for tag in tags where !draft!.seen.insert(tag).inserted {
            note(.repeatedTag, loop.line, "\(tag.prefix(60)) stands twice in a block; the first counts")
        }
        draft!.loops.append(CIFLoop(tags: tags, values: values, line: loop.line))
    }

    /// Makes a block where there is none yet; false inside of a frame.
    private mutating func begin(_ line: Int) -> Bool {
        hasTags = true
        if draft == nil {
            draft = Draft(name: "", line: line)
            note(.noDataHeader, line, "no line data_ stands before the first tag")
        }
        return !isInFrame
    }

    private mutating func passStrayText(_ first: CIFTokenizer.Token) {
        note(.strayText, first.line, "‘\(text(first).prefix(40))’ stands where a tag should; it was passed over")
        while let given = token, case .value = given.kind { advance() }
    }

    private mutating func note(_ code: CIFFinding.Code, _ line: Int, _ summary: String) {
        guard findings.count < CIFDocument.findingsMax else { return }
        findings.append(CIFFinding(code: code, line: line, summary: summary))
    }

    /// The text of a token; bytes that are not UTF-8 become replacement characters.
    private func text(_ token: CIFTokenizer.Token) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[token.range]), as: UTF8.self)
    }

    /// A tag in lower case and with `_` for `.`.
    private func normalised(_ token: CIFTokenizer.Token) -> String {
        String(
            decoding: bytes[token.range].lazy.map { byte in
                byte == 0x2E ? 0x5F : byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            }, as: UTF8.self)
    }
}
