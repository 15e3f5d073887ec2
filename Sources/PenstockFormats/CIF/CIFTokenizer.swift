/// Cuts the bytes of a CIF into tags, values and reserved words: the lexical rules, in one pass over any bytes.
///
/// Source: S. R. Hall, F. H. Allen, I. D. Brown, "The crystallographic information file (CIF)", Acta Crystallographica A 47 (1991) 655,
/// DOI 10.1107/S010876739101067X, and the specification of CIF 1.1 in International Tables for Crystallography G (2005), chapter 2.2,
/// DOI 10.1107/97809553602060000728.
struct CIFTokenizer {
    /// What a token is.
    enum Kind: Equatable {
        case tag
        case value(quoted: Bool)
        case loop
        /// `data_` or `global_`; the bytes are the name behind it.
        case block
        /// `save_`; the bytes are the name behind it, none at the end of a frame.
        case frame
        case stop
    }

    /// A token: the bytes without quotation marks, and where it begins.
    struct Token {
        let kind: Kind
        let range: Range<Int>
        let line: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var line = 1
    /// What is wrong with the last token: a text or a quotation without its end.
    private(set) var defect: CIFFinding.Code?

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    @inline(__always) private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
    }

    @inline(__always) private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == lineFeed || byte == carriageReturn
    }

    /// The next token; nil at the end of the bytes.
    mutating func next() -> Token? {
        defect = nil
        while position < bytes.count {
            let byte = bytes[position]
            if Self.isLineEnd(byte) {
                passLineEnd()
            } else if Self.isBlank(byte) {
                position += 1
            } else if byte == UInt8(ascii: "#") {
                while position < bytes.count, !Self.isLineEnd(bytes[position]) { position += 1 }
            } else if byte == UInt8(ascii: ";"), position == 0 || Self.isLineEnd(bytes[position - 1]) {
                return text()
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                return quotation(byte)
            } else {
                return word()
            }
        }
        return nil
    }

    /// Passes over LF, CR LF or a lone CR.
    private mutating func passLineEnd() {
        let isReturn = bytes[position] == Self.carriageReturn
        position += 1
        if isReturn, position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
        line += 1
    }

    /// The lines between two that begin with a semicolon.
    private mutating func text() -> Token {
        let (start, first) = (position + 1, line)
        position += 1
        while position < bytes.count {
            guard Self.isLineEnd(bytes[position]) else {
                position += 1
                continue
            }
            let end = position
            passLineEnd()
            if position < bytes.count, bytes[position] == UInt8(ascii: ";") {
                position += 1
                return Token(kind: .value(quoted: true), range: start..<end, line: first)
            }
        }
        defect = .unclosedText
        return Token(kind: .value(quoted: true), range: start..<position, line: first)
    }

    /// A value between quotation marks, of which the last stands before a blank.
    private mutating func quotation(_ mark: UInt8) -> Token {
        let start = position + 1
        position = start
        while position < bytes.count, !Self.isLineEnd(bytes[position]) {
            let isMark = bytes[position] == mark
            position += 1
            if isMark, position == bytes.count || Self.isBlank(bytes[position]) {
                return Token(kind: .value(quoted: true), range: start..<position - 1, line: line)
            }
        }
        defect = .unclosedQuotation
        return Token(kind: .value(quoted: true), range: start..<position, line: line)
    }

    /// Bytes up to a blank: a tag, a reserved word, or a value.
    private mutating func word() -> Token {
        let start = position
        while position < bytes.count, !Self.isBlank(bytes[position]) { position += 1 }
        let range = start..<position
        switch bytes[start] | 0x20 {
        case UInt8(ascii: "_") | 0x20 where bytes[start] == UInt8(ascii: "_"):
            return Token(kind: .tag, range: range, line: line)
        case UInt8(ascii: "d") where begins(range, "data_"):
            return Token(kind: .block, range: start + 5..<position, line: line)
        case UInt8(ascii: "l") where range.count == 5 && begins(range, "loop_"):
            return Token(kind: .loop, range: range, line: line)
        case UInt8(ascii: "s") where begins(range, "save_"):
            return Token(kind: .frame, range: start + 5..<position, line: line)
        case UInt8(ascii: "s") where range.count == 5 && begins(range, "stop_"):
            return Token(kind: .stop, range: range, line: line)
        case UInt8(ascii: "g") where range.count == 7 && begins(range, "global_"):
            return Token(kind: .block, range: position..<position, line: line)
        default: return Token(kind: .value(quoted: false), range: range, line: line)
        }
    }

    /// Whether the bytes begin with a word in lower case, whatever their case.
    private func begins(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count >= word.utf8CodeUnitCount else { return false }
        return (0..<word.utf8CodeUnitCount).allSatisfy {
            let byte = bytes[range.lowerBound + $0]
            return (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == word.utf8Start[$0]
        }
    }
}
