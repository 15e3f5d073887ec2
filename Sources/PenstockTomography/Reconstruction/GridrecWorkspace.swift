internal import CPenstockShim

/// The memory that one thread needs to reconstruct slices by a `GridrecPlan`: about 13 `columns`^2 complex numbers.
///
/// It owns the Fourier grid and the scratch arrays. Between two pairs the grid is zero.
public struct GridrecWorkspace: ~Copyable {
    private let columns: Int
    private let period: Int
    /// The Fourier grid, with guard cells on all sides.
    private let grid: FourierBuffer
    /// Columns of the image after the rows were transformed, in blocks of `columnsPerBlock` columns, each [row,
    /// column].
    private let blocks: FourierBuffer
    /// A projection pair with its first frequency again behind the last, or a row of the grid.
    private let line: FourierBuffer
    private let scratch: FourierBuffer

    /// Memory for this plan and others of the same size.
    public init(for plan: GridrecPlan) {
        columns = plan.columns
        period = plan.period
        grid = FourierBuffer(complexCount: (plan.period + 2 * GridrecPlan.guardCells) * plan.gridStride)
        blocks = FourierBuffer(complexCount: Self.blockCount(plan) * plan.period * GridrecPlan.columnsPerBlock)
        line = FourierBuffer(complexCount: plan.period + 1)
        scratch = FourierBuffer(count: 7 * plan.period / 2)
    }

    /// Whether the workspace has the size of this plan.
    func fits(_ plan: GridrecPlan) -> Bool { columns == plan.columns && period == plan.period }

    private static func blockCount(_ plan: GridrecPlan) -> Int {
        (plan.columns + GridrecPlan.columnsPerBlock - 1) / GridrecPlan.columnsPerBlock
    }

    private func gridRow(_ row: Int, _ plan: GridrecPlan) -> UnsafeMutablePointer<Float> {
        grid.base + 2 * ((row + GridrecPlan.guardCells) * plan.gridStride + GridrecPlan.guardCells)
    }

    /// Adds one projection pair to the grid.
    mutating func add(even: UnsafePointer<Float>, odd: UnsafePointer<Float>?, angle: Int, plan: GridrecPlan) {
        pack(even, odd, plan)
        plan.projectionPlan.execute(line.base)
        (line.base + 2 * period).update(from: line.base, count: 2)
        let half = plan.period / 2
        let spread = plan.usesPortableKernel ? penstock_gridrec_spread_portable : penstock_gridrec_spread
        spread(
            line.base, plan.response, Int32(half), plan.angularWeights[angle], plan.cosines[angle], plan.sines[angle],
            plan.kernel, gridRow(half, plan) + 2 * half, plan.gridStride, scratch.base)
    }

    /// Puts two rows side by side as real and imaginary parts, with their edge values around them.
    private func pack(_ even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>?, _ plan: GridrecPlan) {
        let pairs = UnsafeMutableRawPointer(line.base).assumingMemoryBound(to: SIMD2<Float>.self)
        let first = plan.padding
        let last = first + columns - 1
        if let odd {
            for column in 0..<columns { pairs[first + column] = SIMD2(even[column], odd[column]) }
        } else {
            for column in 0..<columns { pairs[first + column] = SIMD2(even[column], 0) }
        }
        for column in 0..<first { pairs[column] = pairs[first] }
        for column in last + 1..<period { pairs[column] = pairs[last] }
    }

    /// Adds what fell on the rows around the grid to the rows of the same frequencies, and clears them.
    mutating func foldGuardRows(plan: GridrecPlan) {
        let floats = 2 * plan.gridStride
        let before = 2 * GridrecPlan.guardCells
        let guards = Array(-KaiserBessel.reach..<0) + Array(period..<period + KaiserBessel.reach)
        for row in guards {
            let source = gridRow(row, plan) - before
            let target = gridRow((row + period) % period, plan) - before
            for index in 0..<floats { target[index] += source[index] }
            source.update(repeating: 0, count: floats)
        }
    }

    /// Transforms the rows of the grid, keeps the columns that the image has, and clears the grid while it is in the
    /// cache.
    mutating func transformRows(plan: GridrecPlan) {
        let left = columns / 2
        let before = 2 * GridrecPlan.guardCells
        let reach = 2 * KaiserBessel.reach
        for row in 0..<period {
            let cells = gridRow(row, plan)
            for index in 0..<reach {
                cells[index] += cells[2 * period + index]
                cells[2 * period - reach + index] += cells[index - reach]
            }
            plan.rowPlan.execute(cells, into: line.base)
            (cells - before).update(repeating: 0, count: 2 * plan.gridStride)
            copy(from: period - left, count: left, to: 0, row: row)
            copy(from: 0, count: columns - left, to: left, row: row)
        }
    }

    /// Copies complex numbers of the transformed row to the image columns from `column` on, block by block.
    private func copy(from source: Int, count: Int, to column: Int, row: Int) {
        let width = GridrecPlan.columnsPerBlock
        var source = source
        var column = column
        let end = column + count
        while column < end {
            let within = column % width
            let run = min(width - within, end - column)
            let target = (column / width * period + row) * width + within
            (blocks.base + 2 * target).update(from: line.base + 2 * source, count: 2 * run)
            source += run
            column += run
        }
    }

    /// Transforms the columns that were kept, and writes both images without the kernel's shape.
    mutating func transformColumns(
        plan: GridrecPlan, into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?
    ) {
        let width = GridrecPlan.columnsPerBlock
        for block in 0..<Self.blockCount(plan) {
            let data = blocks.base + 2 * block * period * width
            plan.columnPlan.execute(data)
            let firstColumn = block * width
            let count = min(width, columns - firstColumn)
            plan.deapodisation.withUnsafeBufferPointer { deapodisation in
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
