internal import Glibc

/// A slice made of ellipses whose projections are known in closed form.
///
/// The projection of a uniform ellipse with half axes a and b, seen at an angle t from its own, is 2 v a b sqrt(g^2 -
/// d^2) / g^2 with g^2 = (a cos t)^2 + (b sin t)^2 and d the distance from the projection of its centre.
public struct SlicePhantom: Sendable, Hashable {
    /// The ellipses; where they overlap their values add.
    public var ellipses: [Ellipse]
    /// The pixels that one unit of the ellipses' lengths is worth.
    public var radiusPixels: Double

    /// A slice of these ellipses.
    public init(ellipses: [Ellipse], radiusPixels: Double) {
        self.ellipses = ellipses
        self.radiusPixels = radiusPixels
    }

    /// The line integrals along x cos(angle) + y sin(angle) = column - centre, each averaged over `samples` places in
    /// its pixel.
    public func projection(angleRadians: Double, columns: Int, centre: Double, samples: Int = 4) -> [Float] {
        var sums = Array(repeating: 0.0, count: columns)
        for ellipse in ellipses {
            let a = ellipse.halfAxisX * radiusPixels
            let b = ellipse.halfAxisY * radiusPixels
            let turn = angleRadians - ellipse.angleDegrees * .pi / 180
            let reach = sqrt(a * cos(turn) * a * cos(turn) + b * sin(turn) * b * sin(turn))
            guard reach > 0 else { continue }
            let middle = centre + radiusPixels * (ellipse.x * cos(angleRadians) + ellipse.y * sin(angleRadians))
            let factor = 2 * ellipse.value * a * b / (reach * reach * Double(samples))
            let first = max(0, Int((middle - reach - 1).rounded(.down).clamped(to: 0...Double(columns))))
            let last = min(columns - 1, Int((middle + reach + 1).rounded(.up).clamped(to: -1...Double(columns))))
            guard first <= last else { continue }
            for column in first...last {
                for sample in 0..<samples {
                    let s = Double(column) + (Double(sample) + 0.5) / Double(samples) - 0.5
                    let distance = s - middle
                    let square = reach * reach - distance * distance
                    if square > 0 { sums[column] += factor * sqrt(square) }
                }
            }
        }
        return sums.map(Float.init)
    }

    /// The projections at these angles, [angle, column].
    public func sinogram(anglesRadians: [Double], columns: Int, centre: Double, samples: Int = 4) -> [Float] {
        anglesRadians.flatMap { projection(angleRadians: $0, columns: columns, centre: centre, samples: samples) }
    }

    /// The slice itself, [row, column], as a reconstruction would show it: the axis on column `size / 2` and row
    /// `size - 1 - size / 2`, every pixel the mean over `samples` x `samples` places in it.
    public func image(size: Int, samples: Int = 4) -> [Float] {
        var sums = Array(repeating: 0.0, count: size * size)
        for ellipse in ellipses { add(ellipse, to: &sums, size: size, samples: samples) }
        return sums.map(Float.init)
    }

    private func add(_ ellipse: Ellipse, to sums: inout [Double], size: Int, samples: Int) {
        let angle = ellipse.angleDegrees * .pi / 180
        let a = ellipse.halfAxisX * radiusPixels
        let b = ellipse.halfAxisY * radiusPixels
        let middleColumn = Double(size / 2) + ellipse.x * radiusPixels
        let middleRow = Double(size - 1 - size / 2) - ellipse.y * radiusPixels
        let share = ellipse.value / Double(samples * samples)
        let reach = max(a, b) + 1
        let all = 0...Double(size - 1)
        let rows = Int((middleRow - reach).clamped(to: all))...Int((middleRow + reach).clamped(to: all))
        let columns = Int((middleColumn - reach).clamped(to: all))...Int((middleColumn + reach).clamped(to: all))
        for row in rows {
            for column in columns {
                var hits = 0
                for sample in 0..<samples * samples {
                    let down = Double(row) - middleRow + (Double(sample / samples) + 0.5) / Double(samples) - 0.5
                    let right = Double(column) - middleColumn + (Double(sample % samples) + 0.5) / Double(samples) - 0.5
                    let p = (right * cos(angle) - down * sin(angle)) / a
                    let q = (-right * sin(angle) - down * cos(angle)) / b
                    if p * p + q * q <= 1 { hits += 1 }
                }
                sums[row * size + column] += share * Double(hits)
            }
        }
    }
}

extension Double {
    /// The nearest number within the range.
    func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
