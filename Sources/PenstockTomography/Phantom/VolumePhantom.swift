internal import Glibc

/// A uniform ellipsoid, in units of the phantom's radius; x runs right, y up in the slice, z along the axis towards
/// higher rows.
public struct Ellipsoid: Sendable, Hashable {
    /// Its cut through its middle.
    public var ellipse: Ellipse
    /// The half axis along the rotation axis.
    public var halfAxisZ: Double
    /// The height of its middle.
    public var z: Double

    /// An ellipsoid with this middle cut.
    public init(_ ellipse: Ellipse, halfAxisZ: Double, z: Double = 0) {
        self.ellipse = ellipse
        self.halfAxisZ = halfAxisZ
        self.z = z
    }

    /// The cut at height `z`, or nil where it does not reach.
    func cut(z height: Double) -> Ellipse? {
        let distance = (height - z) / halfAxisZ
        guard abs(distance) < 1 else { return nil }
        let scale = sqrt(1 - distance * distance)
        var cut = ellipse
        cut.halfAxisX *= scale
        cut.halfAxisY *= scale
        return cut
    }
}

/// A volume of ellipsoids; every row of the detector sees another slice.
public struct VolumePhantom: Sendable, Hashable {
    /// The ellipsoids; where they overlap their values add.
    public var ellipsoids: [Ellipsoid]
    /// The pixels that one unit of the lengths is worth.
    public var radiusPixels: Double
    /// The row of the detector at z = 0, between two rows as it likes.
    public var middleRow: Double

    /// A volume of these ellipsoids.
    public init(ellipsoids: [Ellipsoid], radiusPixels: Double, middleRow: Double) {
        self.ellipsoids = ellipsoids
        self.radiusPixels = radiusPixels
        self.middleRow = middleRow
    }

    /// What one row of the detector sees: the mean of `samples` cuts across its height.
    public func slice(row: Int, samples: Int = 2) -> SlicePhantom {
        let cuts = (0..<samples).flatMap { sample in
            let offset = (Double(sample) + 0.5) / Double(samples) - 0.5
            let z = (Double(row) + offset - middleRow) / radiusPixels
            return ellipsoids.compactMap { ellipsoid -> Ellipse? in
                guard var cut = ellipsoid.cut(z: z) else { return nil }
                cut.value /= Double(samples)
                return cut
            }
        }
        return SlicePhantom(ellipses: cuts, radiusPixels: radiusPixels)
    }
}

extension VolumePhantom {
    /// A stone with a shell, two cavities, a dense grain and two thin rods, without any symmetry, inside the field of
    /// view of a detector of this size. Values are 0 to 1.
    public static func stone(rows: Int, columns: Int) -> VolumePhantom {
        let radius = 0.45 * Double(columns)
        // The stone reaches past the detector at the top and at the bottom.
        let height = max(1, 0.7 * Double(rows) / radius)
        func part(
            _ value: Double, _ a: Double, _ b: Double, _ c: Double, at x: Double, _ y: Double, _ z: Double,
            _ angle: Double
        ) -> Ellipsoid {
            Ellipsoid(
                Ellipse(value: value, halfAxisX: a, halfAxisY: b, x: x, y: y, angleDegrees: angle),
                halfAxisZ: c * height, z: z * height)
        }
        let parts = [
            part(0.55, 0.86, 0.72, 1.5, at: 0.04, -0.03, 0, 20), part(-0.15, 0.78, 0.63, 1.4, at: 0.05, -0.02, 0, 20),
            part(-0.35, 0.16, 0.09, 0.5, at: 0.38, 0.22, 0.3, -35),
            part(-0.3, 0.08, 0.21, 0.6, at: -0.42, -0.1, -0.2, 15),
            part(0.55, 0.07, 0.05, 0.35, at: -0.15, 0.41, 0.1, 0), part(0.3, 0.025, 0.025, 2, at: 0.12, -0.38, 0, 0),
            part(0.3, 0.04, 0.02, 2, at: 0.27, -0.3, 0, 60),
        ]
        return VolumePhantom(ellipsoids: parts, radiusPixels: radius, middleRow: Double(rows - 1) / 2)
    }
}
