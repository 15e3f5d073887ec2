/// Lines of pairs of values: two slices side by side, or their sinograms, the even one's value and the odd one's in turn.
///
/// Every line has cells of zeros before and behind, so that whoever looks between its cells needs no test. The struct owns the memory.
struct PairPlane: ~Copyable {
    /// Cells of zeros before a line and behind it.
    static let margin = 2

    /// Lines.
    let lines: Int
    /// Cells in each.
    let cells: Int
    private let memory: FourierBuffer

    /// All zero.
    init(lines: Int, cells: Int) {
        self.lines = lines
        self.cells = cells
        memory = FourierBuffer(complexCount: lines * (cells + 2 * Self.margin))
    }

    /// The first cell of a line: `cells` pairs of floats.
    func line(_ line: Int) -> UnsafeMutablePointer<Float> {
        memory.base + 2 * (line * (cells + 2 * Self.margin) + Self.margin)
    }

    /// Sets all cells of a line.
    mutating func setLine(_ index: Int, to value: Float) { line(index).update(repeating: value, count: 2 * cells) }

    /// Sets the cells of a line from those of the even one, and of the odd one where there is one.
    mutating func setLine(_ index: Int, even: UnsafePointer<Float>, odd: UnsafePointer<Float>?) {
        let target = line(index)
        for cell in 0..<cells {
            target[2 * cell] = even[cell]
            target[2 * cell + 1] = odd?[cell] ?? 0
        }
    }

    /// Takes the cells of a line apart.
    func getLine(_ index: Int, even: UnsafeMutablePointer<Float>, odd: UnsafeMutablePointer<Float>?) {
        let source = line(index)
        for cell in 0..<cells {
            even[cell] = source[2 * cell]
            odd?[cell] = source[2 * cell + 1]
        }
    }

    /// Puts the same pairs into `other`, with lines and cells exchanged.
    func transpose(into other: inout PairPlane) { exchange(&other) { $1 = $0 } }

    /// Adds the same pairs to those of `other`, with lines and cells exchanged.
    func addTransposed(to other: inout PairPlane) { exchange(&other) { $1 += $0 } }

    private static let block = 16

    @inline(__always)
    private func exchange(_ other: inout PairPlane, _ body: (SIMD2<Float>, inout SIMD2<Float>) -> Void) {
        precondition(other.lines == cells && other.cells == lines, "a transposed plane has a line for each cell")
        // In blocks that stay in the cache: both planes are far larger than it.
        for firstLine in stride(from: 0, to: lines, by: Self.block) {
            for firstCell in stride(from: 0, to: cells, by: Self.block) {
                for cell in firstCell..<min(firstCell + Self.block, cells) {
                    let target = other.pairs(cell)
                    for line in firstLine..<min(firstLine + Self.block, lines) {
                        body(pairs(line)[cell], &target[line])
                    }
                }
            }
        }
    }

    /// The cells of a line as pairs.
    func pairs(_ line: Int) -> UnsafeMutablePointer<SIMD2<Float>> {
        UnsafeMutableRawPointer(self.line(line)).assumingMemoryBound(to: SIMD2<Float>.self)
    }
}
