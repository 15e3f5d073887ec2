internal import CPenstockShim
internal import Glibc

/// Gridrec: direct Fourier reconstruction of parallel-beam slices, two at a time.
///
/// Every projection is transformed, filtered, moved to the centre and spread onto a Cartesian grid in Fourier space; an
/// inverse transform of the grid is the image. Two real slices travel as the real and the imaginary part of one complex
/// slice. Methods: Dowd et al., Proc. SPIE 3772, 1999; Marone, Stampanoni, 2012, DOI 10.1107/S0909049512032864.
///
/// Geometry: pixel centres of the detector on whole numbers, the projection at angle theta holds the line integrals
/// along x cos(theta) + y sin(theta) = column - centre. The image is square, `columns` wide, in 1/pixel; x runs right
/// and y up, and the axis lies on column `columns / 2` and row `columns - 1 - columns / 2` (both rounded down).
///
/// The object holds what all slices of a scan share, is immutable, and serves many threads, each with its own
/// `GridrecWorkspace`. A pair is the rows 2i and 2i + 1 of the detector, counted in the whole scan: another partner
/// changes the low bits of a slice, so whoever divides the rows among workers cuts at even rows.
public final class GridrecPlan: Sendable {
    /// Columns of the detector, and width and height of the image.
    public let columns: Int
    /// Projections.
    public let angleCount: Int
    /// The column, counted from 0, that the rotation axis projects to; any real number.
    public let centre: Double
    /// The filter.
    public let filter: ReconstructionFilter
    /// What part of the half circle every projection stands for.
    public let weights: AngularWeights
    /// The length of the transforms: projections are padded to it with their edge values, half on each side.
    public let period: Int

    let padding: Int
    let gridStride: Int
    let response: [Float]
    let kernel: [Float]
    let cosines: [Float]
    let sines: [Float]
    let angularWeights: [Float]
    let deapodisation: [Float]
    let usesPortableKernel: Bool
    let projectionPlan: FourierPlan
    let rowPlan: FourierPlan
    let columnPlan: FourierPlan

    /// Prepares the reconstruction of projections `columns` wide, taken at these angles in this order, around `centre`.
    ///
    /// Takes milliseconds; all slices of a scan share it.
    /// - Throws: `TomographyError` where there is no angle, or an angle or the centre is not finite.
    public convenience init(
        columns: Int, anglesRadians: [Double], centre: Double, filter: ReconstructionFilter = .shepp
    ) throws(TomographyError) {
        try self.init(
            columns: columns, anglesRadians: anglesRadians, centre: centre, filter: filter, usesPortableKernel: false)
    }

    init(
        columns: Int, anglesRadians: [Double], centre: Double, filter: ReconstructionFilter, usesPortableKernel: Bool
    ) throws(TomographyError) {
        precondition(columns > 0, "a detector has at least one column")
        guard centre.isFinite else { throw .invalidCentre }
        weights = try AngularWeights(anglesRadians: anglesRadians)
        self.columns = columns
        self.centre = centre
        self.filter = filter
        self.usesPortableKernel = usesPortableKernel
        angleCount = anglesRadians.count
        let period = goodFFTSize(atLeast: max(2 * columns, Self.smallestPeriod))
        let padding = (period - columns) / 2
        self.period = period
        self.padding = padding
        // Rows start on cache lines, and not a power of two apart, where they would share the same few lines of the
        // cache.
        gridStride = (period + 2 * Self.guardCells + 7) / 8 * 8
        let kernel = KaiserBessel(oversampling: Double(period) / Double(columns))
        self.kernel = kernel.table()
        response = Self.response(filter: filter, period: period, centre: centre + Double(padding))
        cosines = anglesRadians.map { Float(cos($0)) }
        sines = anglesRadians.map { Float(sin($0)) }
        angularWeights = weights.radians.map(Float.init)
        deapodisation = (0..<columns).map { column in
            let x = column - columns / 2
            return Float((x.isMultiple(of: 2) ? 1 : -1) / kernel.transform(x: Double(x), period: period))
        }
        projectionPlan = FourierPlan(length: period, sign: .plus)
        rowPlan = FourierPlan(length: period, sign: .minus, inPlace: false)
        columnPlan = FourierPlan(
            length: period, count: Self.columnsPerBlock, stride: Self.columnsPerBlock, sign: .minus)
    }

    /// Cells around the grid, so that spreading a sample at its edge needs no test; one cache line.
    static let guardCells = 8
    /// Columns that are transformed together: one cache line of floats for each image.
    static let columnsPerBlock = 16
    /// A detector of a few columns still gets a grid wider than the kernel.
    static let smallestPeriod = 16

    /// The filter and the shift to the centre, as complex numbers for the frequencies 0 ..< `period` / 2.
    private static func response(filter: ReconstructionFilter, period: Int, centre: Double) -> [Float] {
        let magnitude = filter.response(period: period)
        return (0..<period / 2).flatMap { k in
            let turns = (Double(k) * centre / Double(period)).truncatingRemainder(dividingBy: 1)
            // Frequency zero is spread twice, from either side, so that a real slice stays real.
            let scale = magnitude[k] / Double(k == 0 ? 4 * period : 2 * period)
            return [Float(scale * cos(2 * .pi * turns)), Float(-scale * sin(2 * .pi * turns))]
        }
    }

    /// Reconstructs one pair of slices.
    ///
    /// - Parameters:
    ///   - even: For each angle, in the order of the plan, `columns` values of the pair's even row, after -log. They
    ///     must be finite: a NaN in one row spreads over both images.
    ///   - odd: The same for the odd row, or nil where the detector has none; then it counts as zero.
    ///   - evenImage: Room for `columns` x `columns` values, rows from top to bottom.
    ///   - oddImage: The same for the odd row; nil where `odd` is nil.
    ///   - workspace: Memory of this thread, made for this plan.
    public func reconstruct(
        even: UnsafeBufferPointer<UnsafePointer<Float>>, odd: UnsafeBufferPointer<UnsafePointer<Float>>?,
        into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?,
        workspace: inout GridrecWorkspace
    ) {
        precondition(even.count == angleCount, "a pair has one row for each angle")
        precondition(odd == nil || odd?.count == angleCount, "a pair has one row for each angle")
        precondition((odd == nil) == (oddImage == nil), "an odd row has an image")
        precondition(workspace.fits(self), "the workspace was made for another size")
        for angle in 0..<angleCount {
            workspace.add(even: even[angle], odd: odd?[angle], angle: angle, plan: self)
        }
        workspace.foldGuardRows(plan: self)
        workspace.transformRows(plan: self)
        workspace.transformColumns(plan: self, into: evenImage, oddImage)
    }
}
