internal import CPenstockShim
internal import Glibc

/// Line integrals through pairs of slices, and what gives them back to the slices, in the geometry of `GridrecPlan`.
///
/// Joseph's method: a ray meets every row of the image once where it is steeper than 45 degrees, else every column, and takes there the
/// linear interpolation of the two pixels beside it. P. M. Joseph, "An improved algorithm for reprojecting rays through pixel images", IEEE
/// Trans. Med. Imaging 1, 192, 1982, DOI 10.1109/TMI.1982.4307572. The way back gathers as well: for each pixel from the rays beside it.
///
/// Immutable; serves many threads, each with its own `ProjectorMemory`. Sums are taken in a fixed order.
final class ParallelProjector: Sendable {
    /// Width and height of the image.
    let size: Int
    /// Columns of the detector.
    let columns: Int
    /// How each projection sees the image.
    let views: [View]

    /// What a pixel takes from the two columns of a projection that it lies between.
    enum Interpolation {
        /// What the pixel gives to them: the adjoint of `project`, but for the rounding of positions to 2^-32 of a pixel.
        case adjoint
        /// Their linear interpolation.
        case linear
    }

    /// A direction. The pixel `cell` of line `line` is seen at the column `origin` + `cellStep` cell + `lineStep` line; lines are the rows of
    /// the image, or its columns where the rays are flatter than 45 degrees.
    struct View: Sendable {
        let alongColumns: Bool
        let origin: Double
        let cellStep: Double
        let lineStep: Double

        /// The length of a ray between two lines, in pixels: 1 to the square root of 2.
        var length: Double { 1 / abs(cellStep) }

        init(_ angle: Double, size: Int, centre: Double) {
            let (cosine, sine) = (cos(angle), sin(angle))
            let (left, top) = (Double(size / 2), Double(size - 1 - size / 2))
            origin = centre - left * cosine + top * sine
            alongColumns = abs(cosine) < abs(sine)
            cellStep = alongColumns ? -sine : cosine
            lineStep = alongColumns ? cosine : -sine
        }

        /// The column at which cell 0 of a line is seen.
        func column(ofLine line: Int) -> Double { origin + lineStep * Double(line) }
    }

    /// Projections `columns` wide at these angles, around `centre`, of images of `size` x `size` pixels.
    init(size: Int, columns: Int, anglesRadians: [Double], centre: Double) {
        self.size = size
        self.columns = columns
        views = anglesRadians.map { View($0, size: size, centre: centre) }
    }

    /// Computes the projections numbered `numbers` of an image, each into the line of its number.
    func project(
        _ image: borrowing PairImage, _ numbers: [Int], into sinogram: inout PairPlane, _ memory: inout ProjectorMemory
    ) {
        for alongColumns in [false, true] {
            let own = numbers.filter { views[$0].alongColumns == alongColumns }
            for start in stride(from: 0, to: own.count, by: ProjectorMemory.lanes) {
                let block = own[start..<min(start + ProjectorMemory.lanes, own.count)]
                memory.clear()
                for line in 0..<size {
                    let cells = alongColumns ? image.columns.line(line) : image.rows.line(line)
                    for (lane, number) in block.enumerated() {
                        let view = views[number]
                        // Which cell the ray of column 0 meets, and how far it is to the next one's.
                        let places = ProjectorMemory.Places(
                            count: columns, first: -view.column(ofLine: line) / view.cellStep, step: 1 / view.cellStep)
                        memory.gather(lane, cells, count: size, at: places, height: view.length, slope: view.length)
                    }
                }
                for (lane, number) in block.enumerated() {
                    memory.put(lane, into: sinogram.line(number), count: columns)
                }
            }
        }
    }

    /// Computes what the projections numbered `numbers` give back to the image, together: the rows of `image`. Its columns are scratch.
    func backproject(
        _ sinogram: borrowing PairPlane, _ numbers: [Int], by interpolation: Interpolation, into image: inout PairImage,
        _ memory: inout ProjectorMemory
    ) {
        for alongColumns in [false, true] {
            let own = numbers.filter { views[$0].alongColumns == alongColumns }
            for start in stride(from: 0, to: size, by: ProjectorMemory.lanes) {
                let block = start..<min(start + ProjectorMemory.lanes, size)
                memory.clear()
                for number in own {
                    let view = views[number]
                    // A ray passes a pixel at `length` times the distance on the detector, and counts with `length` times what is left.
                    let scale = interpolation == .adjoint ? view.length : 1
                    for (lane, line) in block.enumerated() {
                        let places = ProjectorMemory.Places(
                            count: size, first: view.column(ofLine: line), step: view.cellStep)
                        memory.gather(
                            lane, sinogram.line(number), count: columns, at: places, height: scale, slope: scale * scale
                        )
                    }
                }
                for (lane, line) in block.enumerated() {
                    memory.put(lane, into: alongColumns ? image.columns.line(line) : image.rows.line(line), count: size)
                }
            }
        }
        image.addColumnsToRows()
    }
}

/// The sums that a thread takes at a time, of some lines: few enough to stay in the cache, enough that what they are taken of is seldom
/// fetched.
struct ProjectorMemory: ~Copyable {
    static let lanes = 8
    /// Sums in a lane.
    private let width: Int
    private let sums: FourierBuffer

    /// Places at equal distances on a line of cells: `first`, `first` + `step` and so on.
    struct Places {
        let count: Int
        let first: Double
        let step: Double
    }

    /// For the images and projections of a projector.
    init(size: Int, columns: Int) {
        width = max(size, columns)
        sums = FourierBuffer(count: 4 * width * Self.lanes)
    }

    mutating func clear() { sums.base.update(repeating: 0, count: sums.count) }

    /// The farthest place that still fits into a whole number of 2^-32 cells. No line is as long.
    private static let farthest = 1e9

    /// Adds to a lane what stands at some places of a line of `count` cells of a plane; zeros stand beside it.
    ///
    /// A cell at a distance of d counts with max(0, `height` - `slope` d).
    mutating func gather(
        _ lane: Int, _ line: UnsafePointer<Float>, count: Int, at places: Places, height: Double, slope: Double
    ) {
        guard abs(places.first) < Self.farthest else { return }
        let unit = 4_294_967_296.0
        let (position, step) = (Int64((places.first * unit).rounded()), Int64((places.step * unit).rounded()))
        // From -1 to below the number of cells: what lies beyond are zeros.
        let (low, high) = (-(Int64(1) << 32), Int64(count) << 32)
        let (before, last) = step > 0 ? (low - 1 - position, high - 1 - position) : (position - high, position - low)
        let seen = (Self.place(behind: before, step)..<Self.place(behind: last, step)).clamped(to: 0..<places.count)
        guard !seen.isEmpty else { return }
        penstock_gather_pairs(
            line, Int32(seen.count), position + Int64(seen.lowerBound) * step, step, Float(height), Float(slope),
            sums.base + 4 * (lane * width + seen.lowerBound))
    }

    /// The first place whose distance from place 0 is more than `distance`.
    private static func place(behind distance: Int64, _ step: Int64) -> Int {
        let (quotient, remainder) = distance.quotientAndRemainder(dividingBy: abs(step))
        return Int(remainder < 0 ? quotient - 1 : quotient) + 1
    }

    /// Writes the first `count` sums of a lane into a line of a plane.
    func put(_ lane: Int, into line: UnsafeMutablePointer<Float>, count: Int) {
        let lane = sums.base + 4 * lane * width
        for place in 0..<count {
            line[2 * place] = lane[4 * place] + lane[4 * place + 2]
            line[2 * place + 1] = lane[4 * place + 1] + lane[4 * place + 3]
        }
    }
}
