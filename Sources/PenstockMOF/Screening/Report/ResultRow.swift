internal import PenstockEvents

/// A row of a screening's table, as it stands in its JSON lines.
struct ResultRow: Sendable {
    /// The names of the columns in their order.
    let columns: [String]
    private let fields: [String: JSON]

    /// The row of a line.
    /// - Throws: An error where it is no JSON object.
    init(_ line: String) throws {
        guard case .object(let members) = try JSONParser.parse(Array(line.utf8)) else {
            throw StructureError(.wrongFormat, structure: "results", "a line is not a JSON object")
        }
        columns = members.map(\.name)
        fields = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The number in a column; nil where there is none.
    func number(_ column: String) -> Double? {
        guard case .number(let digits) = fields[column], let value = Double(digits), value.isFinite else { return nil }
        return value
    }

    /// The text in a column; empty where there is none.
    func text(_ column: String) -> String { fields[column]?.string ?? "" }

    /// What stands in a column, as it is written in a table; empty where there is nothing.
    func written(_ column: String) -> String {
        switch fields[column] {
        case .number(let digits): digits
        case .bool(let truth): truth ? "true" : "false"
        case .text(let text): text
        default: ""
        }
    }

    /// Yes or no in a column; nil where there is neither.
    func truth(_ column: String) -> Bool? {
        if case .bool(let truth) = fields[column] { truth } else { nil }
    }
}
