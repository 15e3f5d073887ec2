public import PenstockEvents

/// How a slice of a window compares with a reference, or with the same slice of the window before, in the disk of 0.95 of the radius.
///
/// The figures are those of `ImageQuality`.
public struct WindowQuality: FixedEvent {
    /// The scan's number.
    public let scan: UInt64
    /// The root mean square difference, as a part of the range of values.
    public let rmse: Double
    /// The peak signal-to-noise ratio in dB; infinite for the same image.
    public let psnr: Double
    /// The correlation.
    public let correlation: Double
    /// The mean structural similarity.
    public let ssim: Double
    /// The number of the window in the scan, from 0.
    public let window: UInt32
    /// The number of the slice.
    public let slice: UInt32
    /// The number of projections in the window.
    public let projections: UInt32
    /// 1 where the window had all projections that its rule asks for, else 0.
    public let isComplete: UInt32

    /// What the records hold.
    public static let schema = Schema(
        "WindowQuality",
        fields: [
            .init("scan", .u64), .init("rmse", .f64), .init("psnr", .f64, unit: "dB"), .init("correlation", .f64),
            .init("ssim", .f64), .init("window", .u32), .init("slice", .u32), .init("projections", .u32),
            .init("is_complete", .u32),
        ])

    init(_ slice: ReconstructedSlice, _ quality: ImageQuality) {
        scan = slice.scan.number
        rmse = quality.rmse
        psnr = quality.psnr
        correlation = quality.correlation
        ssim = quality.ssim
        window = UInt32(slice.window)
        self.slice = UInt32(slice.slice)
        projections = UInt32(slice.projections)
        isComplete = slice.isComplete ? 1 : 0
    }
}
