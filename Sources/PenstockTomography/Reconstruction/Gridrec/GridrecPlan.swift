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
    /// What part of the half circle every projection stands for.
    public let weights: AngularWeights

    let setup: GridrecSetup
    private let views: [GridrecView]

    /// Columns of the detector, and width and height of the image.
    public var columns: Int { setup.layout.columns }
    /// Projections.
    public var angleCount: Int { views.count }
    /// The column, counted from 0, that the rotation axis projects to; any real number.
    public var centre: Double { setup.centre }
    /// The filter.
    public var filter: ReconstructionFilter { setup.filter }
    /// The length of the transforms: projections are padded to it with their edge values, half on each side.
    public var period: Int { setup.layout.period }

    /// Prepares the reconstruction of projections `columns` wide, taken at these angles in this order, around `centre`.
    ///
    /// Takes milliseconds; all slices of a scan share it.
    /// - Throws: `TomographyError` where there is no angle, or an angle or the centre is not finite.
    public convenience init(
        columns: Int, anglesRadians: [Double], centre: Double, filter: ReconstructionFilter = .shepp
    ) throws(TomographyError) {
        try self.init(
            GridrecSetup(columns: columns, centre: centre, filter: filter), anglesRadians: anglesRadians)
    }

    /// Prepares the reconstruction of projections at these angles in this order. What does not depend on them is there already.
    /// - Throws: `TomographyError` where there is no angle, or one is not finite.
    init(_ setup: GridrecSetup, anglesRadians: [Double]) throws(TomographyError) {
        let weights = try AngularWeights(anglesRadians: anglesRadians)
        self.setup = setup
        self.weights = weights
        views = zip(anglesRadians, weights.radians).map { GridrecView(angleRadians: $0, weight: Float($1)) }
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
        for angle in views.indices {
            workspace.memory.spread(even[angle], odd?[angle], views[angle], onto: &workspace.grid, setup)
        }
        workspace.memory.transform(&workspace.grid, clearing: true, setup, into: evenImage, oddImage)
    }
}

/// The memory that one thread needs to reconstruct slices by a `GridrecPlan`: about 6 `columns`^2 complex numbers, 48 `columns`^2 bytes.
///
/// It owns the Fourier grid and the scratch arrays. Between two pairs the grid is zero.
public struct GridrecWorkspace: ~Copyable {
    var grid: GridrecGrid
    var memory: GridrecMemory

    /// Memory for this plan and others of the same size.
    public init(for plan: GridrecPlan) {
        grid = GridrecGrid(plan.setup.layout)
        memory = GridrecMemory(plan.setup.layout)
    }

    /// Bytes of the grid and the scratch arrays.
    public var byteCount: Int { grid.layout.gridBytes + memory.byteCount }

    /// Whether the workspace has the size of this plan.
    func fits(_ plan: GridrecPlan) -> Bool { grid.layout == plan.setup.layout }
}
