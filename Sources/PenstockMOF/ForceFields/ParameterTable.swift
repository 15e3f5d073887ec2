/// A table of comma-separated values with a header, as force fields are written: blank lines and lines that start with `#` do not count.
struct ParameterTable {
    let source: String
    let rows: [Row]
    private let columns: [String: Int]

    /// One line of values.
    struct Row {
        let line: Int
        fileprivate let values: [String]
    }

    init(parsing text: String, source: String, requiring required: [String]) throws(ForceFieldError) {
        var columns: [String: Int]?
        var rows: [Row] = []
        // CR LF is one character for Swift.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let bare = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            if bare.isEmpty || bare.first == "#" { continue }
            guard let values = Self.values(of: bare) else {
                throw ForceFieldError(
                    .malformedRow, in: source, line: index + 1, "a quotation mark is opened and not closed")
            }
            guard let known = columns else {
                columns = Dictionary(values.enumerated().map { ($1, $0) }) { first, _ in first }
                if let absent = required.first(where: { !values.contains($0) }) {
                    throw ForceFieldError(
                        .missingColumn, in: source, line: index + 1,
                        "the header has no column '\(absent)'; it needs \(required.joined(separator: ", "))")
                }
                continue
            }
            // Columns that nobody needs may be left out at the end of a row.
            if let absent = required.first(where: { known[$0]! >= values.count }) {
                throw ForceFieldError(
                    .malformedRow, in: source, line: index + 1,
                    "the row has \(values.count) values and none for '\(absent)'")
            }
            rows.append(Row(line: index + 1, values: values))
        }
        guard let columns, !rows.isEmpty else {
            throw ForceFieldError(
                .empty, in: source,
                "there are no parameters; expected a header with \(required.joined(separator: ", "))")
        }
        (self.source, self.columns, self.rows) = (source, columns, rows)
    }

    func text(_ column: String, _ row: Row) -> String { row.values[columns[column]!] }

    /// A finite number that is `minimum` at least.
    func number(_ column: String, _ row: Row, atLeast minimum: Double = -.infinity) throws(ForceFieldError) -> Double {
        let text = text(column, row)
        guard let value = Double(text), value.isFinite else {
            throw ForceFieldError(.notANumber, in: source, line: row.line, "\(column) '\(text)' is not a number")
        }
        guard value >= minimum else {
            throw ForceFieldError(
                .outOfRange, in: source, line: row.line, "\(column) is \(value) and must be \(minimum) or more")
        }
        return value
    }

    /// The values between the commas of a line, without blanks around; nil where a quotation mark is not closed.
    private static func values(of line: Substring) -> [String]? {
        var values: [String] = []
        var value = ""
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                values.append(trimmed(value))
                value = ""
            default: value.append(character)
            }
        }
        values.append(trimmed(value))
        return isQuoted ? nil : values
    }

    private static func trimmed(_ value: String) -> String {
        let start = value.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
