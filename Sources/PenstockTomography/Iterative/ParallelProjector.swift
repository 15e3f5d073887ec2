internal import CPenstockShim
internal import Glibc

/// Line integrals through pairs of slices, and their adjoint, in the geometry of `GridrecPlan`.
///
/// Joseph's method: a ray meets every row of the image once where it is steeper than 45 degrees, else every column, and takes there the
/// linear interpolation of the two pixels beside it. P. M. Joseph, "An improved algorithm for reprojecting rays through pixel images", IEEE
/// Trans. Med. Imaging 1, 192, 1982, DOI 10.1109/TMI.1982.4307572. The adjoint gathers as well: a pixel takes of the two rays beside it
/// what it gives to them. So the two are adjoint but for the rounding of positions to 2^-32 of a pixel.
///
/// Immutable; serves many threads, each with its own `ProjectorMemory`. Sums are taken in a fixed order.
final class ParallelProjector: Sendable {
    /// Columns of the detector, and width and height of the image.
    let columns: Int
    /// How each projection sees the image.
    let views: [View]

    /// A direction. The pixel `cell` of line `line` is seen at the column `origin` + `cellStep` cell + `lineStep` line; lines are the rows of
    /// the image, or its columns where the rays are flatter than 45 degrees.
    struct View: Sendable {
        let alongColumns: Bool
        let origin: Double
        let cellStep: Double
        let lineStep: Double

        /// The length of a ray between two lines, in pixels: 1 to the square root of 2.
        var length: Double { 1 / abs(cellStep) }

        init(_ angle: Double, columns: Int, centre: Double) {
            let (cosine, sine) = (cos(angle), sin(angle))
            let (left, top) = (Double(columns / 2), Double(columns - 1 - columns / 2))
            origin = centre - left * cosine + top * sine
            alongColumns = abs(cosine) < abs(sine)
            cellStep = alongColumns ? -sine : cosine
            lineStep = alongColumns ? cosine : -sine
        }
    }

    /// Projections `columns` wide at these angles, around `centre`.
    init(columns: Int, anglesRadians: [Double], centre: Double) {
        self.columns = columns
        views = anglesRadians.map { View($0, columns: columns, centre: centre) }
    }

    /// Computes the projections numbered `numbers` of an image, each into the line of its number.
    func project(
        _ image: borrowing PairImage, _ numbers: [Int], into sinogram: inout PairPlane, _ memory: inout ProjectorMemory
    ) {
        for alongColumns in [false, true] {
            for block in blocks(numbers, alongColumns) {
                memory.clear()
                for line in 0..<columns {
                    let cells = alongColumns ? image.columns.line(line) : image.rows.line(line)
                    for (lane, number) in block.enumerated() {
                        let view = views[number]
                        // Which cell the ray of column 0 meets, and how far it is to the next one's.
                        let first = -(view.origin + view.lineStep * Double(line)) / view.cellStep
                        memory.gather(
                            lane, cells, from: first, step: 1 / view.cellStep, height: view.length, slope: view.length)
                    }
                }
                for (lane, number) in block.enumerated() { memory.put(lane, into: sinogram.line(number)) }
            }
        }
    }

    /// Computes what the projections numbered `numbers` give back to the image, together: the adjoint of `project`.
    func backproject(
        _ sinogram: borrowing PairPlane, _ numbers: [Int], into image: inout PairImage,
        _ memory: inout ProjectorMemory
    ) {
        for alongColumns in [false, true] {
            let own = numbers.filter { views[$0].alongColumns == alongColumns }
            for firstLine in stride(from: 0, to: columns, by: ProjectorMemory.lanes) {
                let block = firstLine..<min(firstLine + ProjectorMemory.lanes, columns)
                memory.clear()
                for number in own {
                    let view = views[number]
                    for (lane, line) in block.enumerated() {
                        memory.gather(
                            lane, sinogram.line(number), from: view.origin + view.lineStep * Double(line),
                            step: view.cellStep, height: view.length, slope: view.length * view.length)
                    }
                }
                for (lane, line) in block.enumerated() {
                    memory.put(lane, into: alongColumns ? image.columns.line(line) : image.rows.line(line))
                }
            }
        }
        image.addColumnsToRows()
        image.copyRowsToColumns()
    }

    private func blocks(_ numbers: [Int], _ alongColumns: Bool) -> [ArraySlice<Int>] {
        let own = numbers.filter { views[$0].alongColumns == alongColumns }
        return stride(from: 0, to: own.count, by: ProjectorMemory.lanes).map {
            own[$0..<min($0 + ProjectorMemory.lanes, own.count)]
        }
    }
}

/// The sums that a thread takes at a time, of some lines: few enough to stay in the cache, enough that what they are taken of is seldom
/// fetched.
struct ProjectorMemory: ~Copyable {
    static let lanes = 8
    private let columns: Int
    private let sums: FourierBuffer

    /// For images and projections `columns` wide.
    init(columns: Int) {
        self.columns = columns
        sums = FourierBuffer(count: 4 * columns * Self.lanes)
    }

    mutating func clear() { sums.base.update(repeating: 0, count: sums.count) }

    /// Adds to a lane what stands in a line of a plane at the places `first`, `first` + `step` and so on, one for each column.
    ///
    /// A cell at a distance of d counts with max(0, `height` - `slope` d).
    mutating func gather(
        _ lane: Int, _ line: UnsafePointer<Float>, from first: Double, step: Double, height: Double, slope: Double
    ) {
        let unit = 4_294_967_296.0
        let (position, step) = (Int64((first * unit).rounded()), Int64((step * unit).rounded()))
        // Places from -1 to below the number of cells: what lies beyond are zeros.
        let (low, high) = (-(Int64(1) << 32), Int64(columns) << 32)
        let (before, last) = step > 0 ? (low - 1 - position, high - 1 - position) : (position - high, position - low)
        let range = Self.place(behind: before, step)..<Self.place(behind: last, step)
        let clamped = range.clamped(to: 0..<columns)
        guard !clamped.isEmpty else { return }
        penstock_gather_pairs(
            line, Int32(clamped.count), position + Int64(clamped.lowerBound) * step, step, Float(height), Float(slope),
            sums.base + 4 * (lane * columns + clamped.lowerBound))
    }

    /// The first place whose distance from place 0 is more than `distance`.
    private static func place(behind distance: Int64, _ step: Int64) -> Int {
        let (quotient, remainder) = distance.quotientAndRemainder(dividingBy: abs(step))
        return Int(remainder < 0 ? quotient - 1 : quotient) + 1
    }

    /// Writes the sums of a lane into a line of a plane.
    func put(_ lane: Int, into line: UnsafeMutablePointer<Float>) {
        let lane = sums.base + 4 * lane * columns
        for column in 0..<columns {
            line[2 * column] = lane[4 * column] + lane[4 * column + 2]
            line[2 * column + 1] = lane[4 * column + 1] + lane[4 * column + 3]
        }
    }
}
