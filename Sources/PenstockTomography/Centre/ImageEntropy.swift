internal import Glibc

/// How spread the values of a slice are, as the entropy of their histogram: smallest where the rotation centre is right, because a wrong one
/// smears edges into half-tones.
///
/// T. Donath, F. Beckmann, A. Schreyer, "Automated determination of the center of rotation in tomography data", J. Opt. Soc. Am. A 23, 1048,
/// 2006, DOI 10.1364/JOSAA.23.001048. All slices of a comparison share the bins of the first.
public struct ImageEntropy: Sendable, Hashable {
    /// The number of bins.
    public static let bins = 64

    private let range: ClosedRange<Float>
    private let size: Int

    /// Bins for images like this one, `size` x `size` values, all finite: from twice the least value, or half of it where it is above zero, to
    /// twice the greatest, or half of it where it is below.
    public init(like image: [Float], size: Int) {
        precondition(size > 0 && image.count == size * size, "images are square")
        self.size = size
        let disk = Disk(size: size, ratio: 1)
        var (least, greatest) = (Float.infinity, -Float.infinity)
        for row in 0..<size {
            for value in image[disk.pixels(ofRow: row)] {
                (least, greatest) = (min(least, value), max(greatest, value))
            }
        }
        let low = least < 0 ? 2 * least : least / 2
        let high = greatest > 0 ? 2 * greatest : greatest / 2
        range = low < high ? low...high : low...low + 1
    }

    /// The entropy in bits of the pixels in the disk that all projections see; 0 for an image of one value, at most 6.
    public func bits(of image: [Float]) -> Double {
        precondition(image.count == size * size, "images of a comparison have one size")
        let disk = Disk(size: size, ratio: 1)
        var counts = Array(repeating: 0.0, count: Self.bins)
        var count = 0.0
        let scale = Float(Self.bins) / (range.upperBound - range.lowerBound)
        for row in 0..<size {
            for value in image[disk.pixels(ofRow: row)] {
                let place = (value - range.lowerBound) * scale
                // Beyond the bins there is nothing to count; the last one includes its end.
                guard place >= 0, place <= Float(Self.bins) else { continue }
                counts[min(Int(place), Self.bins - 1)] += 1
                count += 1
            }
        }
        guard count > 0 else { return 0 }
        return counts.reduce(0) { $1 > 0 ? $0 - $1 / count * log2($1 / count) : $0 }
    }
}
