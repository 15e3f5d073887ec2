internal import Glibc

/// Filtered back-projection of parallel-beam slices in real space with linear interpolation, two slices at a time.
///
/// Every projection is padded by half its width on both sides with its edge values, filtered, weighted by its part of the half circle and
/// given to the pixels, row by row where its rays are steeper than 45 degrees, else column by column. Filter, weights, geometry and units
/// are those of `GridrecPlan`; linear interpolation smooths once more, by sinc(x)^2 on average. Method: Kak, Slaney, "Principles of
/// Computerized Tomographic Imaging", 1988, chapter 3, DOI 10.1137/1.9780898719277.
///
/// Immutable; serves many threads, each with its own memory. Another partner in the pair changes the low bits of a slice.
public final class FilteredBackProjectionPlan: Sendable {
    /// Columns of the detector, and width and height of the image.
    public let columns: Int
    /// Projections.
    public var angleCount: Int { projector.views.count }
    /// What part of the half circle every projection stands for.
    public let weights: AngularWeights

    /// From rows with their padding.
    let projector: ParallelProjector
    let padding: Int
    /// The length of the transforms: a padded row and as many zeros, so that its ends do not meet.
    let period: Int
    let response: [Float]
    let forward: FourierPlan
    let backward: FourierPlan
    private let numbers: [Int]

    /// Prepares the reconstruction of projections `columns` wide, taken at these angles in this order, around `centre`.
    ///
    /// Takes milliseconds; all slices of a scan share it.
    /// - Throws: `TomographyError` where there is no angle, or an angle or the centre is not finite.
    public init(
        columns: Int, anglesRadians: [Double], centre: Double, filter: ReconstructionFilter = .shepp
    ) throws(TomographyError) {
        precondition(columns > 0, "a detector has at least one column")
        guard centre.isFinite else { throw .invalidCentre }
        weights = try AngularWeights(anglesRadians: anglesRadians)
        self.columns = columns
        numbers = Array(anglesRadians.indices)
        padding = columns / 2
        projector = ParallelProjector(
            size: columns, columns: columns + 2 * padding, anglesRadians: anglesRadians,
            centre: centre + Double(padding))
        period = goodFFTSize(atLeast: 4 * columns)
        response = filter.factors(period: period)
        forward = FourierPlan(length: period, sign: .minus)
        backward = FourierPlan(length: period, sign: .plus)
    }

    /// Reconstructs one pair of slices.
    ///
    /// - Parameters:
    ///   - even: For each angle, in the order of the plan, `columns` values of the pair's even row, after -log. They must be finite: a NaN in
    ///     one row spreads over both images.
    ///   - odd: The same for the odd row, or nil where the detector has none; then it counts as zero.
    ///   - evenImage: Room for `columns` x `columns` values, rows from top to bottom.
    ///   - oddImage: The same for the odd row; nil where `odd` is nil.
    ///   - memory: Memory of this thread, made for as many columns and angles.
    public func reconstruct(
        even: UnsafeBufferPointer<UnsafePointer<Float>>, odd: UnsafeBufferPointer<UnsafePointer<Float>>?,
        into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?,
        memory: inout FilteredBackProjectionMemory
    ) {
        precondition(even.count == angleCount, "a pair has one row for each angle")
        precondition(odd == nil || odd?.count == angleCount, "a pair has one row for each angle")
        precondition((odd == nil) == (oddImage == nil), "an odd row has an image")
        precondition(memory.columns == columns && memory.angles == angleCount, "the memory was made for another size")
        for angle in numbers { memory.filter(even[angle], odd?[angle], angle: angle, self) }
        memory.backproject(numbers, self, into: evenImage, oddImage)
    }
}

/// The memory that one thread needs to reconstruct slices by a `FilteredBackProjectionPlan`: about 4 `columns`^2 and 4 `angles` x `columns`
/// floats.
public struct FilteredBackProjectionMemory: ~Copyable {
    let columns: Int
    let angles: Int
    /// A row with its padding, and the zeros behind it.
    private let line: FourierBuffer
    /// The filtered rows, [angle, column].
    private var filtered: PairPlane
    private var image: PairImage
    private var sums: ProjectorMemory

    /// Memory for this plan and others of as many columns and angles.
    public init(for plan: FilteredBackProjectionPlan) {
        columns = plan.columns
        angles = plan.angleCount
        line = FourierBuffer(complexCount: plan.period)
        filtered = PairPlane(lines: angles, cells: plan.projector.columns)
        image = PairImage(size: columns)
        sums = ProjectorMemory(size: columns, columns: plan.projector.columns)
    }

    /// Filters the rows of an angle, side by side as real and imaginary parts, and weights them.
    mutating func filter(
        _ even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>?, angle: Int, _ plan: FilteredBackProjectionPlan
    ) {
        let pairs = UnsafeMutableRawPointer(line.base).assumingMemoryBound(to: SIMD2<Float>.self)
        let width = plan.projector.columns
        for index in 0..<width {
            let column = min(max(index - plan.padding, 0), columns - 1)
            pairs[index] = SIMD2(even[column], odd?[column] ?? 0)
        }
        (pairs + width).update(repeating: .zero, count: plan.period - width)
        plan.forward.execute(line.base)
        for k in 0..<plan.period { pairs[k] *= plan.response[k] }
        plan.backward.execute(line.base)
        let target = filtered.pairs(angle)
        let weight = Float(plan.weights.radians[angle])
        for index in 0..<width { target[index] = weight * pairs[index] }
    }

    /// The filtered rows of an angle, side by side, with a margin of zeros.
    func filteredPairs(_ angle: Int) -> UnsafeMutablePointer<SIMD2<Float>> { filtered.pairs(angle) }

    /// Gives the filtered rows to the pixels.
    mutating func backproject(
        _ numbers: [Int], _ plan: FilteredBackProjectionPlan, into evenImage: UnsafeMutablePointer<Float>,
        _ oddImage: UnsafeMutablePointer<Float>?
    ) {
        plan.projector.backproject(filtered, numbers, by: .linear, into: &image, &sums)
        for row in 0..<columns {
            image.rows.getLine(row, even: evenImage + row * columns, odd: oddImage.map { $0 + row * columns })
        }
    }
}
