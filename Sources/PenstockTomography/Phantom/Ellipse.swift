internal import Glibc

/// A uniform ellipse in a slice, in units of the phantom's radius; x runs right and y up from the rotation axis.
public struct Ellipse: Sendable, Hashable {
    /// The attenuation that it adds where it lies.
    public var value: Double
    /// The half axes, along x and y before the ellipse is turned.
    public var halfAxisX, halfAxisY: Double
    /// The centre.
    public var x, y: Double
    /// How far it is turned, counterclockwise, in degrees.
    public var angleDegrees: Double

    /// An ellipse.
    public init(
        value: Double, halfAxisX: Double, halfAxisY: Double, x: Double = 0, y: Double = 0, angleDegrees: Double = 0
    ) {
        self.value = value
        self.halfAxisX = halfAxisX
        self.halfAxisY = halfAxisY
        self.x = x
        self.y = y
        self.angleDegrees = angleDegrees
    }

    /// The ellipse turned about the axis, scaled about the axis, and with its value multiplied.
    public func transformed(turnedByDegrees degrees: Double, scaledBy scale: Double = 1, valueBy factor: Double = 1)
        -> Self
    {
        let angle = degrees * .pi / 180
        var ellipse = self
        ellipse.value *= factor
        ellipse.halfAxisX *= scale
        ellipse.halfAxisY *= scale
        ellipse.x = scale * (x * cos(angle) - y * sin(angle))
        ellipse.y = scale * (x * sin(angle) + y * cos(angle))
        ellipse.angleDegrees += degrees
        return ellipse
    }
}

extension Ellipse {
    /// The slice of Shepp and Logan with the contrast of Toft: ten ellipses, values 0 to 1, in the unit disk.
    ///
    /// Shepp, Logan, "The Fourier reconstruction of a head section", 1974, DOI 10.1109/TNS.1974.6499235; P. Toft, "The
    /// Radon transform", thesis, Technical University of Denmark, 1996, appendix B.
    public static let sheppLogan: [Ellipse] = [
        Ellipse(value: 1, halfAxisX: 0.69, halfAxisY: 0.92),
        Ellipse(value: -0.8, halfAxisX: 0.6624, halfAxisY: 0.874, y: -0.0184),
        Ellipse(value: -0.2, halfAxisX: 0.11, halfAxisY: 0.31, x: 0.22, angleDegrees: -18),
        Ellipse(value: -0.2, halfAxisX: 0.16, halfAxisY: 0.41, x: -0.22, angleDegrees: 18),
        Ellipse(value: 0.1, halfAxisX: 0.21, halfAxisY: 0.25, y: 0.35),
        Ellipse(value: 0.1, halfAxisX: 0.046, halfAxisY: 0.046, y: 0.1),
        Ellipse(value: 0.1, halfAxisX: 0.046, halfAxisY: 0.046, y: -0.1),
        Ellipse(value: 0.1, halfAxisX: 0.046, halfAxisY: 0.023, x: -0.08, y: -0.605),
        Ellipse(value: 0.1, halfAxisX: 0.023, halfAxisY: 0.023, y: -0.606),
        Ellipse(value: 0.1, halfAxisX: 0.023, halfAxisY: 0.046, x: 0.06, y: -0.605),
    ]
}
