/// Why a written schema could not be read: what is wrong, and at which character.
public struct SchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let problem: String
    /// The number of characters before it.
    public let position: Int

    /// The error in words.
    public var description: String { "schema, character \(position + 1): \(problem)" }
}

extension Schema {
    /// Reads the written form of a schema.
    /// - Throws: `SchemaError` with the position of the first thing that the grammar does not allow.
    public init(parsing text: String) throws(SchemaError) {
        var parser = SchemaParser(text)
        self = try parser.schema()
    }
}

/// A reader of the grammar in `docs/schemas.md`, by recursive descent.
private struct SchemaParser {
    /// The most elements that the constant extents of one array may span, so that no byte count overflows.
    private static let elementLimit = 1 << 31

    private let characters: [Character]
    private var position = 0
    private var fields: [Schema.Field] = []

    init(_ text: String) { characters = Array(text) }

    mutating func schema() throws(SchemaError) -> Schema {
        let name = try identifier("a schema name", dots: true)
        try expect("@")
        let version = try number()
        try expect("{")
        let payload = try body()
        skipSpaces()
        guard position == characters.count else { throw error("nothing may follow the closing brace") }
        return Schema(unchecked: name, version: version, fields: fields, payload: payload)
    }

    /// Reads the fields up to the closing brace into `fields`, and returns the payload.
    private mutating func body() throws(SchemaError) -> Schema.Field? {
        var payload: Schema.Field?
        while !take("}") {
            if payload != nil { throw error("the payload is the last field; `}` was expected") }
            if !fields.isEmpty { try expect(";") }
            let (field, isPayload) = try self.field()
            if isPayload { payload = field } else { fields.append(field) }
        }
        return payload
    }

    private mutating func field() throws(SchemaError) -> (Schema.Field, isPayload: Bool) {
        var start = startOfNext()
        var name = try identifier("a field name")
        // `payload` alone is a name like any other; before another name it is the keyword.
        var isPayload = false
        if !take(":") {
            guard name == "payload" else { throw error("`:` was expected") }
            isPayload = true
            start = startOfNext()
            name = try identifier("the payload's name")
            try expect(":")
        }
        guard !fields.contains(where: { $0.name == name }) else {
            throw error("two fields are named \(name)", at: start)
        }
        let element = try element()
        let shape = try shape()
        let unit = try unit()
        return (Schema.Field(name, element, shape: shape, unit: unit), isPayload)
    }

    private mutating func element() throws(SchemaError) -> Schema.Element {
        let start = startOfNext()
        let word = try identifier("a type")
        guard let element = Schema.Element(rawValue: word) else {
            let known = Schema.Element.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("\(word) is not a type; the types are \(known)", at: start)
        }
        return element
    }

    private mutating func shape() throws(SchemaError) -> [Schema.Extent] {
        guard take("[") else { return [] }
        var shape: [Schema.Extent] = []
        var elements = 1
        repeat {
            let start = startOfNext()
            if let next = characters[safe: position], next.isASCII, next.isNumber {
                let count = try number()
                guard count <= Self.elementLimit / elements else {
                    throw error("an array has at most \(Self.elementLimit) elements", at: start)
                }
                elements *= count
                shape.append(.count(count))
            } else {
                let name = try identifier("an extent")
                guard let field = fields.first(where: { $0.name == name }) else {
                    throw error("the extent \(name) is not a field that stands before this one", at: start)
                }
                guard field.element.isInteger, field.shape.isEmpty else {
                    throw error("the extent \(name) is not a single integer", at: start)
                }
                shape.append(.field(name))
            }
        } while take(",")
        try expect("]")
        return shape
    }

    private mutating func unit() throws(SchemaError) -> String? {
        guard take("(") else { return nil }
        var text = ""
        while let next = characters[safe: position], next != ")" {
            text.append(next)
            position += 1
        }
        try expect(")")
        return text
    }

    private mutating func identifier(_ what: String, dots: Bool = false) throws(SchemaError) -> String {
        skipSpaces()
        var text = ""
        while let next = characters[safe: position],
            next.isASCII, next.isLetter || next == "_" || (!text.isEmpty && (next.isNumber || (dots && next == ".")))
        {
            text.append(next)
            position += 1
        }
        guard !text.isEmpty else { throw error("\(what) was expected") }
        return text
    }

    private mutating func number() throws(SchemaError) -> Int {
        let start = startOfNext()
        var text = ""
        while let next = characters[safe: position], next.isASCII, next.isNumber {
            text.append(next)
            position += 1
        }
        guard let value = Int(text), value > 0 else {
            throw error("a positive number of at most \(Int.max) was expected", at: start)
        }
        return value
    }

    private mutating func take(_ character: Character) -> Bool {
        skipSpaces()
        guard characters[safe: position] == character else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Character) throws(SchemaError) {
        guard take(character) else { throw error("`\(character)` was expected") }
    }

    private mutating func skipSpaces() {
        while let next = characters[safe: position], next.isWhitespace { position += 1 }
    }

    /// The position of the next character that is not a space.
    private mutating func startOfNext() -> Int {
        skipSpaces()
        return position
    }

    private func error(_ problem: String, at position: Int? = nil) -> SchemaError {
        SchemaError(problem: problem, position: position ?? self.position)
    }
}

extension Schema.Element {
    fileprivate var isInteger: Bool {
        switch self {
        case .u8, .u16, .u32, .u64, .i8, .i16, .i32, .i64: true
        case .f32, .f64, .bool, .string, .bytes: false
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
