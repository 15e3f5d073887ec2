public import PenstockEvents

/// A slice of a window's image.
public struct ReconstructedSlice: Sendable {
    /// The scan.
    public var scan: ScanID
    /// The number of the window in the scan, from 0.
    public var window: Int
    /// The number of projections in the window.
    public var projections: Int
    /// Whether the window had all projections that its rule asks for; false while the first half turn grows.
    public var isComplete: Bool
    /// Whether this is the last window of the scan.
    public var isLast: Bool
    /// The angles of the oldest and the newest projection in the window, in degrees.
    public var anglesDegrees: ClosedRange<Double>
    /// The number of the slice in the volume, from 0.
    public var slice: Int
    /// The detector row that it comes from, counted from 0 on the whole detector.
    public var row: Int
    /// The number of slices of the volume.
    public var sliceCount: Int
    /// Rows and columns of the image.
    public var size: Int
    /// The attenuation in 1/pixel, float32 `[row, column]`, rows from top to bottom.
    public var pixels: Payload
    /// What the slice was made of, after all preparation, in order of the angles; nil where nobody wants to see it.
    public var sinogram: Sinogram?
}
