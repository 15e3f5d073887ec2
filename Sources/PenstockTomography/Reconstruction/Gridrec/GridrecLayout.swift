/// How gridrec lays out projections and its Fourier grid for a detector of some columns.
struct GridrecLayout: Sendable, Hashable {
    /// Columns of the detector, and width and height of the image.
    let columns: Int
    /// The length of the transforms.
    let period: Int
    /// Columns of padding on the left of a projection.
    let padding: Int
    /// Cells from one row of the grid to the next.
    let stride: Int

    init(columns: Int) {
        precondition(columns > 0, "a detector has at least one column")
        self.columns = columns
        period = goodFFTSize(atLeast: max(2 * columns, Self.smallestPeriod))
        padding = (period - columns) / 2
        // Rows start on cache lines, and not a power of two apart, where they would share the same few lines of the
        // cache.
        stride = (period + 2 * Self.guardCells + 7) / 8 * 8
    }

    /// Cells around the grid, so that spreading a sample at its edge needs no test; one cache line.
    static let guardCells = 8
    /// Columns that are transformed together: one cache line of floats for each image.
    static let columnsPerBlock = 16
    /// A detector of a few columns still gets a grid wider than the kernel.
    static let smallestPeriod = 16

    /// Complex numbers of the grid with its guard cells.
    var gridCells: Int { (period + 2 * Self.guardCells) * stride }

    /// Bytes of the grid with its guard cells: about 32 `columns`^2.
    var gridBytes: Int { gridCells * 2 * MemoryLayout<Float>.stride }

    /// Blocks of columns of the image.
    var blockCount: Int { (columns + Self.columnsPerBlock - 1) / Self.columnsPerBlock }
}
