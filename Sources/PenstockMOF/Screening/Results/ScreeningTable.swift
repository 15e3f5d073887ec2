public import Penstock

/// The columns of a screening's tables, as CSV and as JSON lines.
///
/// Numbers have seven significant digits, more than any of them is exact to. What is not known is empty in CSV and null in JSON.
public struct ScreeningTable: Sendable {
    /// What stands in a field.
    public enum Field: Sendable, Hashable {
        /// Nothing.
        case empty
        /// Text.
        case text(String)
        /// A number.
        case number(Double)
        /// A whole number.
        case integer(Int)
        /// Yes or no.
        case truth(Bool)
    }

    private struct Column: Sendable {
        let name: String
        let field: @Sendable (ScreeningResult) -> Field
    }

    private let columns: [Column]

    /// The table of a screening.
    /// - Parameters:
    ///   - pressures: Those of the loadings; 0.15 bar and 1 bar have their columns in any case.
    ///   - showsProcessorTime: Whether `cpu_s` is filled in. It is the one field that differs between a run and its replay.
    public init(pressures: [Pressure] = [], showsProcessorTime: Bool = false) {
        func number(_ name: String, _ value: @escaping @Sendable (ScreeningResult) -> Double?) -> Column {
            Column(name: name) { result in value(result).map { .number(significant($0, digits: 7)) } ?? .empty }
        }
        func uptake(_ pressure: Pressure) -> Column {
            number("uptake_\(pressure)_mol_kg") { result in
                result.uptakes.first { $0.pressure == pressure }?.loading
            }
        }
        let usual = [Pressure(pascal: 15_000)!, Pressure(pascal: 100_000)!]
        var others: [Pressure] = []
        for pressure in pressures where !usual.contains(pressure) && !others.contains(pressure) {
            others.append(pressure)
        }
        columns =
            [
                Column(name: "name") { .text($0.name) },
                Column(name: "n_atoms") { $0.atomCount.map { .integer($0) } ?? .empty },
                number("density_g_cm3", \.density),
                number("lcd", \.largestCavityDiameter),
                number("pld", \.poreLimitingDiameter),
                number("asa_m2_g", \.surface),
                number("asa_accessible_m2_g", \.accessibleSurface),
                number("void_fraction", \.voidFraction),
                number("void_fraction_0", \.pointVoidFraction),
                number("void_fraction_he", \.heliumVoidFraction),
                number("henry_mol_kg_pa", \.henryCoefficient),
                number("henry_err", \.henryError),
                number("qst_kj_mol", \.heatOfAdsorption),
                number("henry_nocharge_mol_kg_pa", \.henryCoefficientWithoutCharges),
                number("qst_nocharge_kj_mol", \.heatOfAdsorptionWithoutCharges),
            ] + (usual + others).map(uptake) + [
                number("cpu_s") { showsProcessorTime ? $0.cpuSeconds : nil },
                Column(name: "status") { .text($0.status.rawValue) },
                Column(name: "reason") { .text($0.reason) },
                number("nasa_m2_g") { result in
                    result.surface.flatMap { all in result.accessibleSurface.map { max(0, all - $0) } }
                },
                number("ess", \.effectiveInsertions),
                number("largest_weight_share", \.largestWeightShare),
                Column(name: "converged") { $0.isConverged.map { .truth($0) } ?? .empty },
                Column(name: "flags") { .text($0.remarks.map(\.code).joined(separator: " ")) },
            ]
    }

    /// The names of the columns.
    public var names: [String] { columns.map(\.name) }

    /// The fields of a row, one for each column.
    public func fields(_ result: ScreeningResult) -> [Field] { columns.map { $0.field(result) } }

    /// The row for a CSV file.
    public func csv(_ result: ScreeningResult) -> [CSVField] {
        fields(result).map { field in
            switch field {
            case .empty: .text("")
            case .text(let text): .text(text)
            case .number(let number): .number(number)
            case .integer(let integer): .integer(integer)
            case .truth(let truth): .text(truth ? "true" : "false")
            }
        }
    }

    /// The row as a JSON object (RFC 8259) on one line, without its line end.
    public func json(_ result: ScreeningResult) -> String {
        let members = zip(columns, fields(result)).map { column, field in
            "\(Self.quoted(column.name)):\(Self.json(field))"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func json(_ field: Field) -> String {
        switch field {
        case .empty: "null"
        case .text(let text): quoted(text)
        case .number(let number): "\(number)"
        case .integer(let integer): "\(integer)"
        case .truth(let truth): truth ? "true" : "false"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
