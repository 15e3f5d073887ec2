/// How noisy a square image is, seen from the image alone, in the disk that all projections see.
///
/// A mask that gives nothing on anything smooth is laid on every pixel; the mean of what is left is the noise: J. Immerkær, "Fast noise
/// variance estimation", Comput. Vis. Image Underst. 64, 300, 1996, DOI 10.1006/cviu.1996.0060. Fine texture counts as noise.
public struct ImageNoise: Sendable, Hashable {
    /// The standard deviation of the noise of a pixel, in the unit of the image; that of white Gaussian noise is found without bias.
    public let standardDeviation: Double
    /// The range of values, the 99th less the 1st percentile, over the standard deviation of the noise; infinite without noise.
    public let signalToNoise: Double

    /// Looks at an image of `size` x `size` values. Of values that are not finite come figures that are no numbers.
    /// - Parameter ratio: The radius of the disk, as a part of that of the circle in the image; 0 to 1.
    public init(_ image: UnsafeBufferPointer<Float>, size: Int, ratio: Double = 0.95) {
        precondition(size > 0 && image.count == size * size, "images are square")
        let disk = Disk(size: size, ratio: ratio)
        var (sum, count) = (0.0, 0.0)
        for row in stride(from: 1, to: size - 1, by: 1) {
            let inside = disk.pixels(ofRow: row).clamped(to: row * size + 1..<row * size + max(1, size - 1))
            for pixel in inside {
                let (above, below) = (pixel - size, pixel + size)
                let corners = image[above - 1] + image[above + 1] + image[below - 1] + image[below + 1]
                let sides = image[above] + image[below] + image[pixel - 1] + image[pixel + 1]
                sum += Double(abs(corners - 2 * sides + 4 * image[pixel]))
            }
            count += Double(inside.count)
        }
        // The mask has the norm 6, and the mean magnitude of a normal variable is sqrt(2 / pi) of its deviation.
        standardDeviation = count > 0 ? (Double.pi / 2).squareRoot() / 6 * sum / count : 0
        signalToNoise = ImageQuality.spread(of: image, disk) / standardDeviation
    }
}
