internal import Glibc

/// Filtered back-projection in real space with linear interpolation, pixel by pixel: the reference that gridrec and
/// `FilteredBackProjectionPlan` are checked against.
///
/// Filter, weights, geometry and units are those of `GridrecPlan`. Linear interpolation smooths once more, by sinc(x)^2 on
/// average, so the same filter gives a slightly softer image. Any pixels can be asked for alone. Method: Kak, Slaney,
/// "Principles of Computerized Tomographic Imaging", 1988, chapter 3, DOI 10.1137/1.9780898719277.
public final class FilteredBackProjection: Sendable {
    /// Columns of the detector.
    public let columns: Int
    /// The column that the rotation axis projects to.
    public let centre: Double
    /// What part of the half circle every projection stands for.
    public let weights: AngularWeights

    private let cosines: [Double]
    private let sines: [Double]
    private let padding: Int
    private let period: Int
    private let response: [Float]
    private let forward: FourierPlan
    private let backward: FourierPlan

    /// Prepares the reconstruction of projections `columns` wide, taken at these angles in this order, around `centre`.
    /// - Throws: `TomographyError` where there is no angle, or an angle or the centre is not finite.
    public init(
        columns: Int, anglesRadians: [Double], centre: Double, filter: ReconstructionFilter = .shepp
    ) throws(TomographyError) {
        precondition(columns > 0, "a detector has at least one column")
        guard centre.isFinite else { throw .invalidCentre }
        weights = try AngularWeights(anglesRadians: anglesRadians)
        self.columns = columns
        self.centre = centre
        cosines = anglesRadians.map { cos($0) }
        sines = anglesRadians.map { sin($0) }
        padding = columns / 2
        var period = 2
        while period < 4 * columns { period *= 2 }
        self.period = period
        response = filter.factors(period: period)
        forward = FourierPlan(length: period, sign: .minus)
        backward = FourierPlan(length: period, sign: .plus)
    }

    /// Filters every row of a sinogram [angle, column]; the rows of the result reach `columns / 2` columns beyond both
    /// sides.
    public func filtered(_ sinogram: [Float]) -> [[Float]] {
        precondition(sinogram.count == cosines.count * columns, "a sinogram is [angle, column]")
        let line = FourierBuffer(complexCount: period)
        let width = columns + 2 * padding
        return cosines.indices.map { angle in
            for index in 0..<period {
                let column = min(max(index - padding, 0), columns - 1)
                line.base[2 * index] = index < width ? sinogram[angle * columns + column] : 0
                line.base[2 * index + 1] = 0
            }
            forward.execute(line.base)
            for k in 0..<period {
                line.base[2 * k] *= response[k]
                line.base[2 * k + 1] *= response[k]
            }
            backward.execute(line.base)
            return (0..<width).map { line.base[2 * $0] }
        }
    }

    /// The value at `x` to the right of the axis and `y` above it, in pixels, from filtered rows.
    public func value(x: Double, y: Double, filtered rows: [[Float]]) -> Float {
        var sum = 0.0
        for angle in rows.indices {
            let place = centre + Double(padding) + x * cosines[angle] + y * sines[angle]
            let left = place.rounded(.down)
            guard left >= 0, left < Double(rows[angle].count - 1) else { continue }
            let index = Int(left)
            let fraction = place - left
            let value = (1 - fraction) * Double(rows[angle][index]) + fraction * Double(rows[angle][index + 1])
            sum += weights.radians[angle] * value
        }
        return Float(sum)
    }

    /// The slice of a sinogram [angle, column], `columns` x `columns` pixels as `GridrecPlan` orients them.
    public func image(_ sinogram: [Float]) -> [Float] {
        let rows = filtered(sinogram)
        return (0..<columns * columns).map { pixel in
            let x = Double(pixel % columns - columns / 2)
            let y = Double(columns - 1 - columns / 2 - pixel / columns)
            return value(x: x, y: y, filtered: rows)
        }
    }
}
