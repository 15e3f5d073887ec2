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
        let count = max(1, Int((cutoff * cutoff - Self.shortest) / Self.width) + 2)
        pieces = (0...count).map { piece in
            // One more for all that is beyond the cutoff.
            guard piece < count else { return .zero }
            let low = Self.point(alpha, square: Self.shortest + Double(piece) * Self.width)
            let high = Self.point(alpha, square: Self.shortest + Double(piece + 1) * Self.width)
            let rise = high.value - low.value
            let (first, last) = (low.slope * Self.width, high.slope * Self.width)
            return SIMD4(low.value, first, 3 * rise - 2 * first - last, first + last - 2 * rise)
        }
    }

    /// The sum of charge times function over the charges within the cutoff.
    @inline(__always) func sum(
        _ charges: SIMD4<Double>, _ squares: SIMD4<Double>, cutoffSquare: Double,
        _ pieces: UnsafeBufferPointer<SIMD4<Double>>
    ) -> Double {
        guard squares.min() >= Self.shortest else { return steepSum(charges, squares, cutoffSquare: cutoffSquare) }
        let isBeyond = squares .>= cutoffSquare
        let places = ((squares - Self.shortest) * (1 / Self.width))
            .replacing(with: Double(pieces.count - 1), where: isBeyond)
        var sum = 0.0
        for lane in 0..<4 {
            let place = places[lane]
            let piece = Int32(place)
            let part = place - Double(piece)
            let factors = pieces[Int(piece)]
            sum += charges[lane] * (factors.x + part * (factors.y + part * (factors.z + part * factors.w)))
        }
        return sum
    }

    /// The function at a square that is below that of the cutoff.
    func value(_ square: Double) -> Double {
        guard square >= Self.shortest else { return Self.point(alpha, square: max(square, 1e-12)).value }
        let place = (square - Self.shortest) * (1 / Self.width)
        let piece = Int(place)
        let rest = place - Double(piece)
        let factors = pieces[piece]
        return factors.x + rest * (factors.y + rest * (factors.z + rest * factors.w))
    }

    /// Runs `body` with the polynomials.
    @inline(__always) func withPieces<Result>(_ body: (UnsafeBufferPointer<SIMD4<Double>>) -> Result) -> Result {
        pieces.withUnsafeBufferPointer(body)
    }

    /// The same where a charge is so close that the polynomials fail.
    @inline(never) private func steepSum(
        _ charges: SIMD4<Double>, _ squares: SIMD4<Double>, cutoffSquare: Double
    ) -> Double {
        (0..<4).reduce(0) { sum, lane in
            squares[lane] < cutoffSquare
                ? sum + charges[lane] * Self.point(alpha, square: squares[lane]).value : sum
        }
    }

    /// The function and its derivative by r^2.
    private static func point(_ alpha: Double, square: Double) -> (value: Double, slope: Double) {
        let distance = square.squareRoot()
        let value = erfc(alpha * distance) / distance
        let gauss = 2 * alpha / Double.pi.squareRoot() * exp(-alpha * alpha * square)
        return (value, -(value + gauss) / (2 * square))
    }
}
