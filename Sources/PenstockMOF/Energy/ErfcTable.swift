internal import Glibc

/// erfc(αr)/r as a function of r^2: cubic pieces that meet with their slopes, within 1e-8 relative from 1 Å on.
struct ErfcTable: Sendable {
    private let alpha: Double
    /// Polynomials in the place within a piece, lowest power first.
    private let pieces: [SIMD4<Double>]

    /// The width of a piece in Å^2.
    private static let width = 0.02
    /// Below this square the function itself is computed: it is too steep for the pieces.
    private static let shortest = 0.25

    init(alpha: Double, cutoff: Double) {
        self.alpha = alpha
        let count = Int((cutoff * cutoff - Self.shortest) / Self.width) + 2
        pieces = (0..<max(1, count)).map { piece in
            let low = Self.point(alpha, square: Self.shortest + Double(piece) * Self.width)
            let high = Self.point(alpha, square: Self.shortest + Double(piece + 1) * Self.width)
            let rise = high.value - low.value
            let (first, last) = (low.slope * Self.width, high.slope * Self.width)
            return SIMD4(low.value, first, 3 * rise - 2 * first - last, first + last - 2 * rise)
        }
    }

    /// The function at a square that is below that of the cutoff.
    @inline(__always) func value(_ square: Double) -> Double {
        guard square >= Self.shortest else { return Self.point(alpha, square: square).value }
        let place = (square - Self.shortest) * (1 / Self.width)
        let piece = Int(place)
        let rest = place - Double(piece)
        let factors = pieces[piece]
        return factors.x + rest * (factors.y + rest * (factors.z + rest * factors.w))
    }

    /// The function and its derivative by r^2.
    private static func point(_ alpha: Double, square: Double) -> (value: Double, slope: Double) {
        let distance = square.squareRoot()
        let value = erfc(alpha * distance) / distance
        let gauss = 2 * alpha / Double.pi.squareRoot() * exp(-alpha * alpha * square)
        return (value, -(value + gauss) / (2 * square))
    }
}
