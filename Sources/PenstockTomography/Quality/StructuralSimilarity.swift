/// The structural similarity of two images, over windows of 7 x 7 pixels.
///
/// A window's sums come from those of its columns, which a step to the next row or column changes by one pixel or column.
struct StructuralSimilarity {
    private static let window = 7
    private let first: Double
    private let second: Double

    /// - Parameter range: The range of values; what matters less than a hundredth of it is no difference.
    init(range: Double) {
        first = (0.01 * range) * (0.01 * range)
        second = (0.03 * range) * (0.03 * range)
    }

    /// The five sums of a window or of a column of one.
    private struct Moments {
        var a = 0.0
        var b = 0.0
        var aa = 0.0
        var bb = 0.0
        var ab = 0.0

        mutating func add(_ x: Double, _ y: Double) {
            a += x
            b += y
            aa += x * x
            bb += y * y
            ab += x * y
        }

        static func + (left: Moments, right: Moments) -> Moments {
            Moments(
                a: left.a + right.a, b: left.b + right.b, aa: left.aa + right.aa, bb: left.bb + right.bb,
                ab: left.ab + right.ab)
        }

        static func - (left: Moments, right: Moments) -> Moments {
            Moments(
                a: left.a - right.a, b: left.b - right.b, aa: left.aa - right.aa, bb: left.bb - right.bb,
                ab: left.ab - right.ab)
        }
    }

    /// The mean over the windows that lie in the images as a whole, with their middle in the disk; 1 where there is none.
    func mean(
        _ image: UnsafeBufferPointer<Float>, _ reference: UnsafeBufferPointer<Float>, _ disk: Disk
    ) -> Double {
        let (size, width) = (disk.size, Self.window)
        guard size >= width else { return 1 }
        let half = width / 2
        var (sum, count) = (0.0, 0.0)
        for row in half..<size - half {
            let range = disk.pixels(ofRow: row)
            let columns = max(half, range.lowerBound - row * size)..<min(size - half, range.upperBound - row * size)
            guard !columns.isEmpty else { continue }
            func column(_ column: Int) -> Moments {
                var moments = Moments()
                for inner in row - half...row + half {
                    moments.add(
                        Double(image[inner * size + column]), Double(reference[inner * size + column]))
                }
                return moments
            }
            var moments = (columns.lowerBound - half..<columns.lowerBound + half).reduce(Moments()) { $0 + column($1) }
            for middle in columns {
                moments = moments + column(middle + half)
                sum += similarity(moments)
                moments = moments - column(middle - half)
            }
            count += Double(columns.count)
        }
        return count > 0 ? sum / count : 1
    }

    private func similarity(_ moments: Moments) -> Double {
        let count = Double(Self.window * Self.window)
        let (a, b) = (moments.a / count, moments.b / count)
        let varianceA = (moments.aa - count * a * a) / (count - 1)
        let varianceB = (moments.bb - count * b * b) / (count - 1)
        let covariance = (moments.ab - count * a * b) / (count - 1)
        return (2 * a * b + first) * (2 * covariance + second)
            / ((a * a + b * b + first) * (varianceA + varianceB + second))
    }
}
