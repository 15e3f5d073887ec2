/// Why text is not JSON, and where.
package struct JSONError: Error, CustomStringConvertible {
    package let problem: String
    /// Bytes before it.
    package let position: Int

    package var description: String { "\(problem) at column \(position + 1)" }
}

/// A reader of JSON text, by recursive descent.
package struct JSONParser {
    /// The most arrays and objects inside of one another.
    private static let deepest = 64

    private let bytes: [UInt8]
    private var position = 0

    /// The one value that `bytes` hold.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpaces()
        guard parser.position == bytes.count else { throw parser.error("nothing may follow the value") }
        return value
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < Self.deepest else { throw error("more than \(Self.deepest) levels of arrays and objects") }
        skipSpaces()
        guard position < bytes.count else { throw error("the text ends where a value was expected") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var members: [JSON.Member] = []
        if take("}") { return .object([]) }
        repeat {
            skipSpaces()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("a name in quotes was expected")
            }
            let name = try text()
            guard take(":") else { throw error("`:` was expected") }
            members.append(JSON.Member(name, try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw error("`,` or `}` was expected") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        if take("]") { return .array([]) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw error("`,` or `]` was expected") }
        return .array(elements)
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw error("a value was expected") }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        _ = takeByte("-")
        guard digits() else { throw error("a value was expected", at: start) }
        if takeByte("."), !digits() { throw error("a digit was expected behind the point") }
        if takeByte("e") || takeByte("E") {
            if !takeByte("+") { _ = takeByte("-") }
            guard digits() else { throw error("a digit was expected in the exponent") }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func text() throws(JSONError) -> String {
        let start = position
        position += 1
        var utf8: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: utf8, as: UTF8.self) else {
                    throw error("the text is not UTF-8", at: start)
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &utf8)
            case ..<0x20: throw error("a control character in a text", at: position - 1)
            default: utf8.append(byte)
            }
        }
        throw error("the text has no closing quote", at: start)
    }

    private mutating func escape(into utf8: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw error("the text ends behind a backslash") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): utf8.append(0x0A)
        case UInt8(ascii: "r"): utf8.append(0x0D)
        case UInt8(ascii: "t"): utf8.append(0x09)
        case UInt8(ascii: "b"): utf8.append(0x08)
        case UInt8(ascii: "f"): utf8.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): utf8.append(byte)
        case UInt8(ascii: "u"):
            let start = position - 2
            var code = try unit()
            if (0xD800..<0xDC00).contains(code) {
                guard takeByte("\\"), takeByte("u") else { throw error("half of a surrogate pair", at: start) }
                let low = try unit()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair", at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair", at: start) }
            utf8.append(contentsOf: String(scalar).utf8)
        default: throw error("an unknown escape", at: position - 2)
        }
    }

    private mutating func unit() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits were expected") }
        position += 4
        return value
    }

    private mutating func digits() -> Bool {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position > start
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        return takeByte(character)
    }

    private mutating func takeByte(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private func error(_ problem: String, at position: Int? = nil) -> JSONError {
        JSONError(problem: problem, position: position ?? self.position)
    }
}
