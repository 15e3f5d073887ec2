internal import CPenstockShim

/// The scratch arrays that one thread needs for gridrec, besides the grid: what becomes of a projection on its way to a grid, and of a grid on
/// its way to the images.
struct GridrecMemory: ~Copyable {
    let layout: GridrecLayout
    /// Columns of the image after the rows were transformed, in blocks of `columnsPerBlock` columns, each [row,
    /// column].
    private let blocks: FourierBuffer
    /// A projection pair with its first frequency again behind the last, or a row of the grid.
    private let line: FourierBuffer
    private let scratch: FourierBuffer

    init(_ layout: GridrecLayout) {
        self.layout = layout
        blocks = FourierBuffer(complexCount: layout.blockCount * layout.period * GridrecLayout.columnsPerBlock)
        line = FourierBuffer(complexCount: layout.period + 1)
        scratch = FourierBuffer(count: 7 * layout.period / 2)
    }

    /// Bytes of the arrays.
    var byteCount: Int { (blocks.count + line.count + scratch.count) * MemoryLayout<Float>.stride }

    // MARK: Projection to grid

    /// Adds one projection pair to a grid, with the weight of its view.
    mutating func spread(
        _ even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>?, _ view: GridrecView, onto grid: inout GridrecGrid,
        _ setup: GridrecSetup
    ) {
        pack(even, odd)
        setup.projectionPlan.execute(line.base)
        (line.base + 2 * layout.period).update(from: line.base, count: 2)
        let half = layout.period / 2
        let spread = setup.usesPortableKernel ? penstock_gridrec_spread_portable : penstock_gridrec_spread
        spread(
            line.base, setup.response, Int32(half), view.weight, view.cosine, view.sine, setup.kernel,
            grid.row(half) + 2 * half, layout.stride, scratch.base)
    }

    /// Puts two rows side by side as real and imaginary parts, with their edge values around them.
    private func pack(_ even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>?) {
        let pairs = UnsafeMutableRawPointer(line.base).assumingMemoryBound(to: SIMD2<Float>.self)
        let (columns, first) = (layout.columns, layout.padding)
        let last = first + columns - 1
        if let odd {
            for column in 0..<columns { pairs[first + column] = SIMD2(even[column], odd[column]) }
        } else {
            for column in 0..<columns { pairs[first + column] = SIMD2(even[column], 0) }
        }
        for column in 0..<first { pairs[column] = pairs[first] }
        for column in last + 1..<layout.period { pairs[column] = pairs[last] }
    }

    // MARK: Grid to images

    /// Transforms a grid to both images.
    /// - Parameter clearing: Whether the grid is zero afterwards, cleared while it is in the cache; else it stays what it is.
    mutating func transform(
        _ grid: inout GridrecGrid, clearing: Bool, _ setup: GridrecSetup, into evenImage: UnsafeMutablePointer<Float>,
        _ oddImage: UnsafeMutablePointer<Float>?
    ) {
        grid.foldGuardRows()
        transformRows(&grid, clearing: clearing, setup)
        transformColumns(setup, into: evenImage, oddImage)
    }

    /// Transforms the rows of the grid and keeps the columns that the image has.
    private mutating func transformRows(_ grid: inout GridrecGrid, clearing: Bool, _ setup: GridrecSetup) {
        let left = layout.columns / 2
        for row in 0..<layout.period {
            grid.foldGuardCells(ofRow: row)
            setup.rowPlan.execute(grid.row(row), into: line.base)
            if clearing { grid.clearRow(row) }
            copy(from: layout.period - left, count: left, to: 0, row: row)
            copy(from: 0, count: layout.columns - left, to: left, row: row)
        }
    }

    /// Copies complex numbers of the transformed row to the image columns from `column` on, block by block.
    private func copy(from source: Int, count: Int, to column: Int, row: Int) {
        let width = GridrecLayout.columnsPerBlock
        var source = source
        var column = column
        let end = column + count
        while column < end {
            let within = column % width
            let run = min(width - within, end - column)
            let target = (column / width * layout.period + row) * width + within
            (blocks.base + 2 * target).update(from: line.base + 2 * source, count: 2 * run)
            source += run
            column += run
        }
    }

    /// Transforms the columns that were kept, and writes both images without the kernel's shape.
    private mutating func transformColumns(
        _ setup: GridrecSetup, into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?
    ) {
        let (columns, period, width) = (layout.columns, layout.period, GridrecLayout.columnsPerBlock)
        for block in 0..<layout.blockCount {
            let data = blocks.base + 2 * block * period * width
            setup.columnPlan.execute(data)
            let firstColumn = block * width
            let count = min(width, columns - firstColumn)
            setup.deapodisation.withUnsafeBufferPointer { deapodisation in
                for row in 0..<columns {
                    let y = columns - 1 - row - columns / 2
                    let vertical = deapodisation[y + columns / 2]
                    let cells = data + 2 * (y < 0 ? y + period : y) * width
                    let offset = row * columns + firstColumn
                    let scales = deapodisation.baseAddress! + firstColumn
                    for column in 0..<count {
                        evenImage[offset + column] = vertical * scales[column] * cells[2 * column]
                    }
                    guard let oddImage else { continue }
                    for column in 0..<count {
                        oddImage[offset + column] = vertical * scales[column] * cells[2 * column + 1]
                    }
                }
            }
        }
    }
}
