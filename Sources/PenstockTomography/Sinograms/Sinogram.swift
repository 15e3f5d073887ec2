internal import Glibc

/// One sinogram: the projections of one row of the detector, after -log, in order of their angles.
public struct Sinogram: Sendable, Hashable {
    /// Projections.
    public let angles: Int
    /// Columns of the detector.
    public let columns: Int
    /// The values, [angle, column].
    public var values: [Float]

    /// A sinogram of these values, [angle, column].
    public init(columns: Int, values: [Float]) {
        precondition(columns > 0 && values.count.isMultiple(of: columns), "a sinogram is [angle, column]")
        self.columns = columns
        angles = values.count / columns
        self.values = values
    }

    /// The mean of every `count` neighbouring columns; a rest at the right is dropped.
    func binned(columns count: Int) -> Sinogram {
        let width = columns / count
        var result = Array(repeating: Float(0), count: angles * width)
        for angle in 0..<angles {
            for column in 0..<width {
                let start = angle * columns + column * count
                result[angle * width + column] = values[start..<start + count].reduce(0, +) / Float(count)
            }
        }
        return Sinogram(columns: width, values: result)
    }

    /// The sinogram smoothed by Gaussians of these standard deviations, cut off at four of them, mirrored at the edges.
    func smoothed(sigmaAngles: Double, sigmaColumns: Double) -> Sinogram {
        var result = self
        let across = Self.gaussian(sigma: sigmaAngles)
        let along = Self.gaussian(sigma: sigmaColumns)
        for column in 0..<columns {
            let line = (0..<angles).map { values[$0 * columns + column] }
            for (angle, value) in Self.convolved(line, across).enumerated() {
                result.values[angle * columns + column] = value
            }
        }
        for angle in 0..<angles {
            let range = angle * columns..<(angle + 1) * columns
            result.values.replaceSubrange(range, with: Self.convolved(Array(result.values[range]), along))
        }
        return result
    }

    /// The weights of the distances 0, 1, ... of a Gaussian that sums to 1.
    private static func gaussian(sigma: Double) -> [Double] {
        let weights = (0...Int(4 * sigma + 0.5)).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        let sum = 2 * weights.reduce(0, +) - weights[0]
        return weights.map { $0 / sum }
    }

    private static func convolved(_ line: [Float], _ weights: [Double]) -> [Float] {
        let count = line.count
        let reach = weights.count - 1
        let extended = (-reach..<count + reach).map { Double(line[mirrored($0, count: count)]) }
        return (0..<count).map { index in
            let middle = index + reach
            var sum = weights[0] * extended[middle]
            for distance in 1..<weights.count {
                sum += weights[distance] * (extended[middle - distance] + extended[middle + distance])
            }
            return Float(sum)
        }
    }
}
