internal import Glibc

/// How near a square image is to a reference, in the disk that all projections see.
///
/// The disk has the radius `ratio` size / 2 around the middle ((size - 1) / 2, (size - 1) / 2). SSIM: Z. Wang, A. C. Bovik, H. R. Sheikh,
/// E. P. Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE Trans. Image Process. 13, 600, 2004,
/// DOI 10.1109/TIP.2003.819861, with a uniform window of 7 x 7 pixels and sample covariances.
public struct ImageQuality: Sendable, Hashable {
    /// What the errors are compared with: the reference's 99th less its 1st percentile in the disk, unless it was given. In its unit.
    public let range: Double
    /// The root mean square error over `range`; 0 for the same image.
    public let rmse: Double
    /// The peak signal-to-noise ratio in dB, 20 log10(1 / rmse); infinite for the same image.
    public let psnr: Double
    /// The correlation, means removed; -1 to 1. Not a number where one of the images has one value only.
    public let correlation: Double
    /// The least-squares line image = scale reference + offset.
    public let scale: Double
    /// What the image has more than `scale` times the reference, in its unit.
    public let offset: Double
    /// The mean structural similarity of the windows whose middle is in the disk; up to 1, for the same image.
    public let ssim: Double
    /// Pixels of either image in the disk that are NaN or infinite; where there are any, nothing else is a number.
    public let nonFinitePixels: Int

    /// Compares an image with a reference, both `size` x `size` values.
    /// - Parameters:
    ///   - ratio: The radius of the disk, as a part of that of the circle in the image; 0 to 1.
    ///   - range: The range of values that matters; nil for that of the reference.
    public init(
        _ image: UnsafeBufferPointer<Float>, reference: UnsafeBufferPointer<Float>, size: Int, ratio: Double = 0.95,
        range: Double? = nil
    ) {
        precondition(size > 0 && image.count == size * size && reference.count == size * size, "images are square")
        let disk = Disk(size: size, ratio: ratio)
        let sums = Sums(image, reference, disk)
        nonFinitePixels = sums.nonFinite
        guard sums.nonFinite == 0, sums.count > 0 else {
            (self.range, rmse, psnr, correlation, scale, offset, ssim) = (.nan, .nan, .nan, .nan, .nan, .nan, .nan)
            return
        }
        let width = range ?? Self.spread(of: reference, disk)
        self.range = width
        rmse = width > 0 ? sums.meanSquareError.squareRoot() / width : sums.meanSquareError == 0 ? 0 : .infinity
        psnr = rmse == 0 ? .infinity : -20 * log10(rmse)
        correlation = sums.covariance / (sums.imageVariance * sums.referenceVariance).squareRoot()
        scale = sums.referenceVariance > 0 ? sums.covariance / sums.referenceVariance : 0
        offset = sums.imageMean - scale * sums.referenceMean
        ssim = StructuralSimilarity(range: width).mean(image, reference, disk)
    }

    /// The 99th less the 1st percentile of the values in a disk.
    static func spread(of values: UnsafeBufferPointer<Float>, _ disk: Disk) -> Double {
        var inside: [Float] = []
        for row in 0..<disk.size { inside += values[disk.pixels(ofRow: row)] }
        inside.sort()
        func percentile(_ part: Double) -> Double {
            let place = part * Double(inside.count - 1)
            let low = Int(place)
            let high = min(low + 1, inside.count - 1)
            return Double(inside[low]) + (place - Double(low)) * (Double(inside[high]) - Double(inside[low]))
        }
        return percentile(0.99) - percentile(0.01)
    }

    /// Sums over the pixels of a disk, in double precision.
    private struct Sums {
        var count = 0.0
        var nonFinite = 0
        var imageMean = 0.0
        var referenceMean = 0.0
        var imageVariance = 0.0
        var referenceVariance = 0.0
        var covariance = 0.0
        var meanSquareError = 0.0

        init(_ image: UnsafeBufferPointer<Float>, _ reference: UnsafeBufferPointer<Float>, _ disk: Disk) {
            for row in 0..<disk.size {
                for pixel in disk.pixels(ofRow: row) {
                    let (a, b) = (Double(image[pixel]), Double(reference[pixel]))
                    guard a.isFinite, b.isFinite else {
                        nonFinite += 1
                        continue
                    }
                    count += 1
                    imageMean += a
                    referenceMean += b
                    meanSquareError += (a - b) * (a - b)
                }
            }
            guard count > 0 else { return }
            imageMean /= count
            referenceMean /= count
            meanSquareError /= count
            // In a second pass: of large means with small deviations nothing is lost.
            for row in 0..<disk.size {
                for pixel in disk.pixels(ofRow: row) {
                    let (a, b) = (Double(image[pixel]) - imageMean, Double(reference[pixel]) - referenceMean)
                    imageVariance += a * a
                    referenceVariance += b * b
                    covariance += a * b
                }
            }
        }
    }
}

/// The pixels of a square image within a circle around its middle.
struct Disk {
    let size: Int
    private let radius: Double

    init(size: Int, ratio: Double) {
        self.size = size
        radius = ratio * Double(size) / 2
    }

    /// The numbers of the pixels of a row.
    func pixels(ofRow row: Int) -> Range<Int> {
        let middle = Double(size - 1) / 2
        let y = Double(row) - middle
        let square = radius * radius - y * y
        guard square >= 0 else { return row * size..<row * size }
        let reach = square.squareRoot()
        let first = max(0, Int((middle - reach).rounded(.up)))
        let last = min(size - 1, Int((middle + reach).rounded(.down)))
        return row * size + first..<row * size + max(first, last + 1)
    }
}
