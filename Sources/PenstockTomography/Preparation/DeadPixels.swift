/// Pixels of a detector that say nothing, because no flat is brighter there than the darks: broken ones, and rows and columns that are not
/// read out.
///
/// Their transmission is interpolated linearly between the nearest live pixels of their row; at the ends the nearest one stands for it. Where a
/// row has none, it is interpolated between the nearest rows that have, at most `reachRows` away, and counts as air where there are none so near.
struct DeadPixels: Sendable {
    /// How far away a row may be that stands for a dead one.
    static let reachRows = 4

    private let rows: Int
    private let columns: Int
    /// Runs of dead pixels inside rows that have others.
    private let runs: [Run]
    /// Rows without a live pixel, and where their values come from.
    private let deadRows: [DeadRow]
    private let count: Int
    private let deadColumns: [Int]

    /// Dead pixels of one row that stand together.
    private struct Run: Sendable {
        let row: Int
        let columns: Range<Int>
    }

    private struct DeadRow: Sendable {
        let row: Int
        let above: Int?
        let below: Int?
    }

    /// Looks for pixels where the average of the flats is not above that of the darks, or is no number.
    init(flat: [Float], dark: [Float], columns: Int) {
        self.columns = columns
        let rows = columns > 0 ? flat.count / columns : 0
        self.rows = rows
        var runs: [Run] = []
        var isDead = [Bool](repeating: false, count: rows)
        var count = 0
        var deadOfColumn = [Int](repeating: 0, count: columns)
        for row in 0..<rows {
            var found: [Range<Int>] = []
            for column in 0..<columns {
                let pixel = row * columns + column
                // Written so that a NaN counts as dead, too.
                guard !(flat[pixel] - dark[pixel] > Transmission.smallestBeam) else { continue }
                count += 1
                deadOfColumn[column] += 1
                if let last = found.last, last.upperBound == column {
                    found[found.count - 1] = last.lowerBound..<column + 1
                } else {
                    found.append(column..<column + 1)
                }
            }
            isDead[row] = found.first == 0..<columns
            if !isDead[row] { runs += found.map { Run(row: row, columns: $0) } }
        }
        self.runs = runs
        self.count = count
        deadRows = (0..<rows).filter { isDead[$0] }.map { row in
            DeadRow(
                row: row, above: (max(0, row - Self.reachRows)..<row).last { !isDead[$0] },
                below: (row + 1..<max(row + 1, min(rows, row + Self.reachRows + 1))).first { !isDead[$0] })
        }
        let allRows = deadRows.count == rows
        deadColumns = allRows ? [] : deadOfColumn.indices.filter { deadOfColumn[$0] == rows }
    }

    /// Whether all pixels are alive.
    var isEmpty: Bool { count == 0 }

    /// What the user should know: which rows and columns, and how many pixels besides.
    /// - Parameter firstRow: The row of the detector with which the frames begin.
    func remark(firstRow: Int) -> String {
        let inWhole = deadRows.count * columns + deadColumns.count * (rows - deadRows.count)
        var parts: [String] = []
        if !deadRows.isEmpty { parts.append(Self.text("row", deadRows.map { $0.row + firstRow })) }
        if !deadColumns.isEmpty { parts.append(Self.text("column", deadColumns)) }
        let single = count - inWhole
        if single > 0 {
            parts.append("\(single) \(parts.isEmpty ? "" : "more ")pixel\(single == 1 ? "" : "s")")
        }
        return
            "no flat is brighter than the darks in \(parts.joined(separator: ", ")) of the detector: values there are "
            + "interpolated from the pixels beside them"
            + (deadRows.isEmpty ? "" : ", and such slices show nothing of their own")
    }

    /// Puts values into the place of dead pixels of a projection, float32 `[row, column]`.
    func repair(_ values: UnsafeMutableBufferPointer<Float>) {
        for run in runs {
            let start = run.row * columns
            let left = run.columns.lowerBound > 0 ? values[start + run.columns.lowerBound - 1] : nil
            let right = run.columns.upperBound < columns ? values[start + run.columns.upperBound] : nil
            for column in run.columns {
                let part = Float(column - run.columns.lowerBound + 1) / Float(run.columns.count + 1)
                values[start + column] = Self.between(left, right, part)
            }
        }
        for dead in deadRows {
            let part =
                dead.above.flatMap { above in dead.below.map { Float(dead.row - above) / Float($0 - above) } } ?? 0
            for column in 0..<columns {
                values[dead.row * columns + column] = Self.between(
                    dead.above.map { values[$0 * columns + column] }, dead.below.map { values[$0 * columns + column] },
                    part)
            }
        }
    }

    /// The value at `part` of the way from one to the other, the one that there is, or air.
    private static func between(_ one: Float?, _ other: Float?, _ part: Float) -> Float {
        guard let one else { return other ?? 1 }
        guard let other else { return one }
        return (1 - part) * one + part * other
    }

    /// `column 7`, or `rows 3-5, 9 and 12 others`.
    private static func text(_ name: String, _ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        let shown = ranges.prefix(4)
        let others = numbers.count - shown.map(\.count).reduce(0, +)
        return (numbers.count == 1 ? name : name + "s") + " "
            + shown.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(
                separator: ", ")
            + (others > 0 ? " and \(others) others" : "")
    }
}
