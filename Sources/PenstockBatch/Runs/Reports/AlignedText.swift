internal import Foundation

/// Rows of words in columns that line up.
struct AlignedText {
    private var rows: [[String]] = []

    init(_ rows: [[String]] = []) { self.rows = rows }

    mutating func add(_ cells: String...) { rows.append(cells) }

    var isEmpty: Bool { rows.isEmpty }

    /// The lines, each behind an indentation.
    func lines(indentation: String = "") -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = indentation
            for (column, cell) in row.enumerated() {
                line += cell
                if column + 1 < row.count { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// Times and sizes as a person reads them.
enum RunText {
    /// To the second, in UTC.
    static func time(_ date: Date) -> String { date.formatted(.iso8601.dateTimeSeparator(.space)) }

    /// Such as `1h30min`; with tenths below ten seconds.
    static func duration(_ seconds: Double) -> String {
        let tenths = (max(0, seconds) * 10).rounded() / 10
        return tenths < 10 ? "\(tenths)s" : Walltime(seconds: Int(seconds.rounded())).description
    }

    static func bytes(_ count: Int) -> String { count == 0 ? "0 B" : ByteCount(count).description }

    static func count(_ count: Int, _ name: String) -> String { "\(count) \(name)\(count == 1 ? "" : "s")" }
}
