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
    /// The signal-to-noise ratio of the slice itself, as `ImageNoise` has it.
    public let signalToNoise: Double
    /// The number of the window in the scan, from 0.
    public let window: UInt32
    /// The number of the slice.
    public let slice: UInt32
    /// The number of projections in the window.
    public let projections: UInt32
    /// 1 where the window had all projections that its rule asks for, else 0.
    public let isComplete: UInt32
    /// The number of slices of the volume.
    public let sliceCount: UInt32
    /// The detector row of the slice.
    public let row: UInt32

    /// What the records hold.
    public static let schema = Schema(
        "WindowQuality",
        fields: [
            .init("scan", .u64), .init("rmse", .f64), .init("psnr", .f64, unit: "dB"), .init("correlation", .f64),
            .init("ssim", .f64), .init("signal_to_noise", .f64), .init("window", .u32), .init("slice", .u32),
            .init("projections", .u32),
            .init("is_complete", .u32), .init("slice_count", .u32), .init("row", .u32),
        ])

    /// The figures of a slice against a reference of the same size.
    init(_ slice: ReconstructedSlice, reference: Payload) {
        let (quality, signalToNoise) = slice.pixels.withValues(of: Float.self) { image in
            reference.withValues(of: Float.self) { reference in
                (
                    ImageQuality(image, reference: reference, size: slice.size),
                    ImageNoise(image, size: slice.size).signalToNoise
                )
            }
        }
        self.signalToNoise = signalToNoise
        scan = slice.scan.number
        rmse = quality.rmse
        psnr = quality.psnr
        correlation = quality.correlation
        ssim = quality.ssim
        window = UInt32(slice.window)
        self.slice = UInt32(slice.slice)
        projections = UInt32(slice.projections)
        isComplete = slice.isComplete ? 1 : 0
        sliceCount = UInt32(slice.sliceCount)
        row = UInt32(slice.row)
    }

    /// Whether this is the slice that stands for the volume where one has to: the middle one.
    var isMiddle: Bool { slice == sliceCount / 2 }
}
