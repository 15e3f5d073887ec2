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

    /// What is compared besides the properties of the gas itself: each has columns of its own.
    public struct Comparison: Sendable, Hashable {
        /// The competitor's name.
        public var competitor: String?
        /// The gas's name, where loadings of a mixture with the competitor are simulated.
        public var mixed: String?
        /// The pressure of desorption of the cycles whose working capacity is wanted.
        public var desorption: Pressure?

        /// Nothing.
        public init() {}
    }

    private let columns: [Column]

    /// The table of a screening.
    /// - Parameters:
    ///   - pressures: Those of the loadings; 0.15 bar and 1 bar have their columns in any case.
    ///   - comparison: What more there is.
    ///   - showsProcessorTime: Whether `cpu_s` is filled in. It is the one field that differs between a run and its replay.
    ///   - showsStrain: Whether there is a column `lattice_strain`.
    public init(
        pressures: [Pressure] = [], comparison: Comparison = Comparison(), showsProcessorTime: Bool = false,
        showsStrain: Bool = false
    ) {
        let usual = [Pressure(pascal: 15_000)!, Pressure(pascal: 100_000)!]
        var others: [Pressure] = []
        for pressure in pressures where !usual.contains(pressure) && !others.contains(pressure) {
            others.append(pressure)
        }
        columns =
            [
                Column(name: "name") { .text($0.name) },
                Column(name: "n_atoms") { $0.atomCount.map { .integer($0) } ?? .empty },
                Self.number("density_g_cm3", \.density),
                Self.number("lcd", \.largestCavityDiameter),
                Self.number("pld", \.poreLimitingDiameter),
                Self.number("asa_m2_g", \.surface),
                Self.number("asa_accessible_m2_g", \.accessibleSurface),
                Self.number("void_fraction", \.voidFraction),
                Self.number("void_fraction_0", \.pointVoidFraction),
                Self.number("void_fraction_he", \.heliumVoidFraction),
                Self.number("henry_mol_kg_pa", \.henryCoefficient),
                Self.number("henry_err", \.henryError),
                Self.number("qst_kj_mol", \.heatOfAdsorption),
                Self.number("henry_nocharge_mol_kg_pa", \.henryCoefficientWithoutCharges),
                Self.number("qst_nocharge_kj_mol", \.heatOfAdsorptionWithoutCharges),
            ] + (usual + others).map(Self.uptake) + [
                Self.number("cpu_s") { showsProcessorTime ? $0.cpuSeconds : nil },
                Column(name: "status") { .text($0.status.rawValue) },
                Column(name: "reason") { .text($0.reason) },
                Self.number("nasa_m2_g") { result in
                    result.surface.flatMap { all in result.accessibleSurface.map { max(0, all - $0) } }
                },
                Self.number("ess", \.effectiveInsertions),
                Self.number("largest_weight_share", \.largestWeightShare),
                Column(name: "converged") { $0.isConverged.map { .truth($0) } ?? .empty },
                Column(name: "flags") { .text($0.remarks.map(\.code).joined(separator: " ")) },
            ] + pressures.map(Self.uptakeError) + Self.columns(of: comparison, pressures)
            + (showsStrain ? [Self.number("lattice_strain", \.latticeStrain)] : [])
    }

    private static func number(_ name: String, _ value: @escaping @Sendable (ScreeningResult) -> Double?) -> Column {
        Column(name: name) { result in value(result).map { .number(significant($0, digits: 7)) } ?? .empty }
    }

    private static func uptake(_ pressure: Pressure) -> Column {
        number("uptake_\(pressure)_mol_kg") { $0.uptake(at: pressure)?.loading }
    }

    private static func uptakeError(_ pressure: Pressure) -> Column {
        number("uptake_\(pressure)_err") { $0.uptake(at: pressure)?.standardError }
    }

    /// A metric and its error.
    private static func metric(
        _ name: String, _ value: @escaping @Sendable (ScreeningResult) -> AdsorptionMetric?
    ) -> [Column] {
        [number(name) { value($0)?.value }, number("\(name)_err") { value($0)?.standardError }]
    }

    private static func columns(of comparison: Comparison, _ pressures: [Pressure]) -> [Column] {
        var columns: [Column] = []
        if let competitor = comparison.competitor {
            let name = competitor.lowercased()
            columns += [
                number("henry_\(name)_mol_kg_pa") { $0.competitor?.henryCoefficient },
                number("henry_\(name)_err") { $0.competitor?.henryError },
            ]
            columns += metric("selectivity_\(name)", \.henrySelectivity)
            for pressure in comparison.mixed == nil ? [] : pressures {
                columns += [
                    number("mixture_\(pressure)_\(comparison.mixed!.lowercased())_mol_kg") {
                        $0.mixtureUptake(at: pressure)?.loading
                    },
                    number("mixture_\(pressure)_\(name)_mol_kg") { $0.mixtureUptake(at: pressure)?.competitorLoading },
                ]
                columns += metric("mixture_\(pressure)_selectivity") { $0.mixtureSelectivity(at: pressure) }
            }
        }
        guard let desorption = comparison.desorption else { return columns }
        for pressure in pressures where pressure.pascal > desorption.pascal {
            columns += metric("working_capacity_\(pressure)_mol_kg") {
                $0.workingCapacity(from: pressure, to: desorption)
            }
            columns += metric("regenerability_\(pressure)_percent") {
                $0.regenerability(from: pressure, to: desorption)
            }
            guard comparison.competitor != nil else { continue }
            columns += metric("performance_\(pressure)_mol_kg") {
                $0.performanceScore(from: pressure, to: desorption)
            }
        }
        return columns
    }

    /// The names of the columns.
    public var names: [String] { columns.map(\.name) }

    /// The fields of a row, one for each column.
    public func fields(_ result: ScreeningResult) -> [Field] { columns.map { $0.field(result) } }

    /// The row for a CSV file.
    public func csv(_ result: ScreeningResult) -> [CSVField] {
        fields(result).map(\.csv)
    }

    /// The row as a JSON object (RFC 8259) on one line, without its line end.
    public func json(_ result: ScreeningResult) -> String {
        let members = zip(columns, fields(result)).map { "\(Field.quoted($0.name)):\($1.json)" }
        return "{\(members.joined(separator: ","))}"
    }
}

extension ScreeningTable.Field {
    /// The field in a CSV file.
    var csv: CSVField {
        switch self {
        case .empty: .text("")
        case .text(let text): .text(text)
        case .number(let number): .number(number)
        case .integer(let integer): .integer(integer)
        case .truth(let truth): .text(truth ? "true" : "false")
        }
    }

    /// The field as a value of JSON.
    var json: String {
        switch self {
        case .empty: "null"
        case .text(let text): Self.quoted(text)
        case .number(let number): "\(number)"
        case .integer(let integer): "\(integer)"
        case .truth(let truth): truth ? "true" : "false"
        }
    }

    static func quoted(_ text: String) -> String {
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
