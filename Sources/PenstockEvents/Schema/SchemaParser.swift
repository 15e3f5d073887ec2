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
    private let characters: [Character]
    private var position = 0

    init(_ text: String) { characters = Array(text) }

    mutating func schema() throws(SchemaError) -> Schema {
        let name = try identifier("a schema name", dots: true)
        try expect("@")
        let version = try number()
        try expect("{")
        var fields: [Schema.Field] = []
        var payload: Schema.Field?
        while !take("}") {
            if !fields.isEmpty || payload != nil { try expect(";") }
            if payload != nil { throw error("the payload is the last field") }
            let (field, isPayload) = try self.field()
            if fields.contains(where: { $0.name == field.name }) { throw error("two fields are named \(field.name)") }
            if isPayload { payload = field } else { fields.append(field) }
        }
        skipSpaces()
        guard position == characters.count else { throw error("nothing may follow the closing brace") }
        for field in fields + (payload.map { [$0] } ?? []) {
            for case .field(let reference) in field.shape where !fields.contains(where: { $0.name == reference }) {
                throw error("the shape of \(field.name) names \(reference), which is not a field")
            }
        }
        return Schema(name, version: version, fields: fields, payload: payload)
    }

    private mutating func field() throws(SchemaError) -> (Schema.Field, isPayload: Bool) {
        var name = try identifier("a field name")
        var isPayload = false
        if name == "payload", !take(":") {
            isPayload = true
            name = try identifier("the payload's name")
            try expect(":")
        } else if name != "payload" {
            try expect(":")
        }
        let word = try identifier("a type")
        guard let element = Schema.Element(rawValue: word) else {
            let known = Schema.Element.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("\(word) is not a type; the types are \(known)")
        }
        var shape: [Schema.Extent] = []
        if take("[") {
            repeat {
                skipSpaces()
                if let next = characters[safe: position], next.isASCII, next.isNumber {
                    shape.append(.count(try number()))
                } else {
                    shape.append(.field(try identifier("an extent")))
                }
            } while take(",")
            try expect("]")
        }
        var unit: String?
        if take("(") {
            var text = ""
            while let next = characters[safe: position], next != ")" {
                text.append(next)
                position += 1
            }
            try expect(")")
            unit = text
        }
        return (Schema.Field(name, element, shape: shape, unit: unit), isPayload)
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
        skipSpaces()
        var text = ""
        while let next = characters[safe: position], next.isASCII, next.isNumber {
            text.append(next)
            position += 1
        }
        guard let value = Int(text), value > 0 else { throw error("a positive number was expected") }
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

    private func error(_ problem: String) -> SchemaError { SchemaError(problem: problem, position: position) }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
