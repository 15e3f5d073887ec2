/// The Fourier grid of a pair of slices, with guard cells on all sides; zero at first.
///
/// It is the sum of what its projections were spread to, so one that is added with a negative weight leaves it again.
struct GridrecGrid: ~Copyable {
    let layout: GridrecLayout
    private let cells: FourierBuffer

    init(_ layout: GridrecLayout) {
        self.layout = layout
        cells = FourierBuffer(complexCount: layout.gridCells)
    }

    /// The first cell of a row, behind its guard cells. Rows before 0 and from `period` on are guard cells, too.
    func row(_ row: Int) -> UnsafeMutablePointer<Float> {
        cells.base + 2 * ((row + GridrecLayout.guardCells) * layout.stride + GridrecLayout.guardCells)
    }

    /// All cells with their guards, as bytes.
    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: cells.base, count: layout.gridBytes)
    }

    /// Sets all cells to zero.
    mutating func clear() { cells.base.update(repeating: 0, count: cells.count) }

    /// Moves what fell on the rows around the grid to the rows of the same frequencies.
    mutating func foldGuardRows() {
        let floats = 2 * layout.stride
        let before = 2 * GridrecLayout.guardCells
        let period = layout.period
        for row in Array(-KaiserBessel.reach..<0) + Array(period..<period + KaiserBessel.reach) {
            let source = self.row(row) - before
            let target = self.row((row + period) % period) - before
            for index in 0..<floats { target[index] += source[index] }
            source.update(repeating: 0, count: floats)
        }
    }

    /// Moves what fell on the cells beside a row to the cells of the same frequencies.
    mutating func foldGuardCells(ofRow row: Int) {
        let cells = self.row(row)
        let reach = 2 * KaiserBessel.reach
        let end = 2 * layout.period
        for index in 0..<reach {
            cells[index] += cells[end + index]
            cells[end - reach + index] += cells[index - reach]
            cells[end + index] = 0
            cells[index - reach] = 0
        }
    }

    /// Sets a row with its guard cells to zero.
    mutating func clearRow(_ row: Int) {
        (self.row(row) - 2 * GridrecLayout.guardCells).update(repeating: 0, count: 2 * layout.stride)
    }
}
