/// A pair of slices, by rows and by columns: rays that are steeper than 45 degrees are followed in the one, flatter ones in the other.
struct PairImage: ~Copyable {
    /// Rows from top to bottom.
    var rows: PairPlane
    /// Columns from left to right.
    var columns: PairPlane

    /// All zero.
    init(size: Int) {
        rows = PairPlane(lines: size, cells: size)
        columns = PairPlane(lines: size, cells: size)
    }

    /// Makes the columns those of the rows.
    mutating func copyRowsToColumns() { rows.transpose(into: &columns) }

    /// Adds the columns to the rows; both are different images before.
    mutating func addColumnsToRows() { columns.addTransposed(to: &rows) }
}
