/// Rows of text in columns that line up, for a stream of rows: widths come from the first rows and only grow behind them.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    struct Column {
        let name: String
        let alignment: Alignment

        init(_ name: String, _ alignment: Alignment = .left) {
            self.name = name
            self.alignment = alignment
        }
    }

    private enum Row {
        case cells([String])
        /// A line of its own, behind the cells of the first columns.
        case remark([String], String)
    }

    private static let rowsHeld = 200

    private let columns: [Column]
    private var widths: [Int]
    private var held: [Row] = []
    private var headerIsPrinted = false

    init(_ columns: [Column]) {
        self.columns = columns
        widths = columns.map(\.name.count)
    }

    mutating func add(_ cells: [String]) throws {
        for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
        try hold(.cells(cells))
    }

    /// Adds a line that is not in columns behind `cells`.
    mutating func add(_ cells: [String], remark: String) throws {
        for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
        try hold(.remark(cells, remark))
    }

    /// Prints what is held.
    mutating func flush() throws {
        if !headerIsPrinted { try StandardOutput.shared.print(line(columns.map(\.name))) }
        headerIsPrinted = true
        for row in held {
            switch row {
            case .cells(let cells): try StandardOutput.shared.print(line(cells))
            case .remark(let cells, let text): try StandardOutput.shared.print(line(cells) + "  " + text)
            }
        }
        held = []
    }

    private mutating func hold(_ row: Row) throws {
        held.append(row)
        if held.count >= Self.rowsHeld { try flush() }
    }

    private func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            if index > 0 { line += "  " }
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            switch columns[index].alignment {
            case .right: line += padding + cell
            case .left: line += index + 1 == columns.count ? cell : cell + padding
            }
        }
        // An empty last cell leaves no spaces at the end.
        while line.last == " " { line.removeLast() }
        return line
    }
}
