/// A step that needs the whole sinogram of a window: the projections of one detector row at all of its angles.
///
/// A reconstruction applies its steps to every row before it reconstructs it, each row by itself and on several threads. The rows of the
/// sinogram are in order of the angles round the circle.
public protocol SinogramStep: Sendable {
    /// The geometry of what the step makes; asked once for each window, before any row.
    /// - Throws: `TomographyError` where the step cannot be done with these angles.
    func geometry(from input: SinogramGeometry) throws(TomographyError) -> SinogramGeometry

    /// Does the step for one detector row; `input` is the geometry of the sinogram as it comes. What it makes has the geometry that
    /// `geometry(from:)` gives.
    func apply(to sinogram: inout Sinogram, _ input: SinogramGeometry)
}

extension SinogramStep {
    /// The same.
    public func geometry(from input: SinogramGeometry) throws(TomographyError) -> SinogramGeometry { input }
}

/// What all sinograms of a window have in common.
public struct SinogramGeometry: Sendable, Hashable {
    /// The angle of each row of the sinogram, in degrees.
    public var anglesDegrees: [Double]
    /// Columns of the sinogram.
    public var columns: Int
    /// The column, counted from 0, that the rotation axis projects to.
    public var centre: Double

    /// A geometry.
    public init(anglesDegrees: [Double], columns: Int, centre: Double) {
        self.anglesDegrees = anglesDegrees
        self.columns = columns
        self.centre = centre
    }
}

extension StripeRemoval: SinogramStep {
    /// Removes the stripes.
    public func apply(to sinogram: inout Sinogram, _ input: SinogramGeometry) { remove(from: &sinogram) }
}
