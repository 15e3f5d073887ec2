#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The cell of a crystal: three vectors that repeat without end. Lengths in Å.
///
/// Fractional coordinates f and Cartesian ones r belong together by r = fx a + fy b + fz c.
public struct UnitCell: Sendable, Hashable {
    /// The edges as vectors.
    public let a, b, c: SIMD3<Double>
    /// Rows that turn a Cartesian vector into its fractional coordinates: the reciprocal vectors without 2 pi.
    private let inverse: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)
    /// The volume in Å^3, above zero.
    public let volume: Double

    /// The cell of three vectors, right-handed or left-handed; nil where they lie in a plane, or are not finite.
    public init?(a: SIMD3<Double>, b: SIMD3<Double>, c: SIMD3<Double>) {
        let signed = dot(a, cross(b, c))
        let size = length(a) * length(b) * length(c)
        guard signed.isFinite, abs(signed) > 1e-9 * size, size > 0 else { return nil }
        (self.a, self.b, self.c) = (a, b, c)
        volume = abs(signed)
        inverse = (cross(b, c) / signed, cross(c, a) / signed, cross(a, b) / signed)
    }

    /// The cell of three lengths in Å and three angles in degrees: a along x, b in the plane of x and y. Nil where there is no such cell.
    public init?(
        lengths: SIMD3<Double>, alphaDegrees: Double, betaDegrees: Double, gammaDegrees: Double
    ) {
        let angles = [alphaDegrees, betaDegrees, gammaDegrees]
        guard lengths.min() > 0, angles.allSatisfy({ $0 > 0 && $0 < 180 }) else { return nil }
        let (cosAlpha, cosBeta, cosGamma) = (cosine(alphaDegrees), cosine(betaDegrees), cosine(gammaDegrees))
        let sinGamma = (1 - cosGamma * cosGamma).squareRoot()
        let x = cosBeta
        let y = (cosAlpha - cosBeta * cosGamma) / sinGamma
        let square = 1 - x * x - y * y
        guard square > 0 else { return nil }
        self.init(
            a: SIMD3(lengths.x, 0, 0), b: lengths.y * SIMD3(cosGamma, sinGamma, 0),
            c: lengths.z * SIMD3(x, y, square.squareRoot()))
    }

    /// The lengths of the edges in Å.
    public var lengths: SIMD3<Double> { SIMD3(length(a), length(b), length(c)) }

    /// The angles between b and c, c and a, a and b, in degrees.
    public var anglesDegrees: SIMD3<Double> { SIMD3(angle(b, c), angle(c, a), angle(a, b)) }

    /// The distances in Å between opposite faces: those of b and c, of c and a, of a and b.
    public var widths: SIMD3<Double> {
        SIMD3(volume / length(cross(b, c)), volume / length(cross(c, a)), volume / length(cross(a, b)))
    }

    /// Cartesian coordinates in Å.
    @inlinable public func cartesian(_ fractional: SIMD3<Double>) -> SIMD3<Double> {
        fractional.x * a + fractional.y * b + fractional.z * c
    }

    /// Fractional coordinates.
    public func fractional(_ cartesian: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(dot(inverse.0, cartesian), dot(inverse.1, cartesian), dot(inverse.2, cartesian))
    }

    /// The vectors a*, b* and c* with a* . a = 1 and a* . b = 0, in 1/Å, without the factor 2 pi.
    public var reciprocal: (a: SIMD3<Double>, b: SIMD3<Double>, c: SIMD3<Double>) { inverse }

    /// The cell with `counts` copies along each edge.
    public func repeated(_ counts: SIMD3<Int>) -> UnitCell {
        UnitCell(a: Double(counts.x) * a, b: Double(counts.y) * b, c: Double(counts.z) * c)!
    }

    /// How many copies along each edge make all widths `width` Å at least.
    public func repeats(forWidth width: Double) -> SIMD3<Int> {
        let widths = widths
        // A cell that is as wide as asked for but for rounding is wide enough.
        func count(_ one: Double) -> Int { max(1, Int((width / one - 1e-9).rounded(.up))) }
        return SIMD3(count(widths.x), count(widths.y), count(widths.z))
    }

    /// Whether the vectors are the same.
    public static func == (left: UnitCell, right: UnitCell) -> Bool {
        left.a == right.a && left.b == right.b && left.c == right.c
    }

    /// By the vectors.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(a)
        hasher.combine(b)
        hasher.combine(c)
    }
}

/// The cosine of an angle in degrees, exact for right ones.
private func cosine(_ degrees: Double) -> Double { degrees == 90 ? 0 : cos(degrees * .pi / 180) }

private func angle(_ left: SIMD3<Double>, _ right: SIMD3<Double>) -> Double {
    acos(max(-1, min(1, dot(left, right) / (length(left) * length(right))))) * 180 / .pi
}
