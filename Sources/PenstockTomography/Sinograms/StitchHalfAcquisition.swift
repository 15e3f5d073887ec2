/// Makes sinograms over 180 degrees of those over 360 degrees of a detector that sees little more than half of the sample.
///
/// The rotation axis lies near an edge of the detector. What a projection cannot see beyond that edge, the one half a turn later sees from
/// the other side: the line at distance s from the axis is column c + s of the one and column c - s of the other, c being the axis. Where both
/// see it, their weights go linearly from 0 at a detector's edge to 1 at the far end of the overlap and sum to 1. Values between columns, and
/// between projections where none is exactly half a turn later, are interpolated linearly.
///
/// Lines lie at whole distances from the axis: the sinogram becomes 2 m + 1 columns wide, m being max(c, n - 1 - c) rounded down, with the axis
/// on the middle one.
public struct StitchHalfAcquisition: SinogramStep {
    /// Half acquisition over a full turn.
    public init() {}

    /// The half turn that can be stitched. A scan that was broken off behind 180 degrees gives the part that was seen from both sides.
    /// - Throws: `TomographyError.halfAcquisitionTooShort` where no projection has one half a turn later, `centreOutside` where the axis is not
    ///   on the detector.
    public func geometry(from input: SinogramGeometry) throws(TomographyError) -> SinogramGeometry {
        guard input.centre >= 0, input.centre <= Double(input.columns - 1) else {
            throw .centreOutside(input.centre, columns: input.columns)
        }
        let partners = Partner.all(of: input.anglesDegrees)
        guard !partners.isEmpty else {
            throw .halfAcquisitionTooShort(
                degrees: 360 - CircularOrder(anglesDegrees: input.anglesDegrees).openingDegrees)
        }
        let lines = Lines(input)
        return SinogramGeometry(
            anglesDegrees: partners.map { input.anglesDegrees[$0.row] }, columns: lines.count, centre: lines.middle)
    }

    /// Stitches a sinogram.
    public func apply(to sinogram: inout Sinogram, _ input: SinogramGeometry) {
        let partners = Partner.all(of: input.anglesDegrees)
        let lines = Lines(input)
        let columns = sinogram.columns
        var values = Array(repeating: Float(0), count: partners.count * lines.count)
        sinogram.values.withUnsafeBufferPointer { source in
            for (row, partner) in partners.enumerated() {
                let near = UnsafeBufferPointer(rebasing: source[partner.row * columns..<(partner.row + 1) * columns])
                let before = UnsafeBufferPointer(
                    rebasing: source[partner.before * columns..<(partner.before + 1) * columns])
                let after = UnsafeBufferPointer(
                    rebasing: source[partner.after * columns..<(partner.after + 1) * columns])
                for (index, line) in lines.all.enumerated() {
                    var sum: Float = 0
                    if line.weight > 0 { sum += line.weight * line.here.value(near) }
                    if line.weight < 1 {
                        let far = line.there.value(before)
                        sum += (1 - line.weight) * (far + partner.part * (line.there.value(after) - far))
                    }
                    values[row * lines.count + index] = sum
                }
            }
        }
        sinogram = Sinogram(columns: lines.count, values: values)
    }
}

/// A row of a sinogram, and the two between which the one half a turn later lies.
private struct Partner {
    let row: Int
    let before: Int
    let after: Int
    /// How far it is from `before` to `after`, 0 to 1.
    let part: Float

    /// The rows of the first half turn that have a partner.
    static func all(of anglesDegrees: [Double]) -> [Partner] {
        let order = CircularOrder(anglesDegrees: anglesDegrees)
        let offsets = order.offsetsDegrees
        let count = offsets.count
        guard count > 1 else { return [] }
        let gaps = (0..<count).map { $0 + 1 < count ? offsets[$0 + 1] - offsets[$0] : order.openingDegrees }
        // Across a wider gap nothing is interpolated.
        let widest = 3 * gaps.sorted()[count / 2] + 1e-6
        var partners: [Partner] = []
        var before = 0
        for place in 0..<count where offsets[place] < 180 - 1e-6 {
            let target = offsets[place] + 180
            while before + 1 < count, offsets[before + 1] <= target + 1e-6 { before += 1 }
            let distance = max(0, target - offsets[before])
            // At `before` itself no gap matters.
            guard distance <= 1e-6 || gaps[before] <= widest else { continue }
            partners.append(
                Partner(
                    row: order.places[place], before: order.places[before],
                    after: order.places[(before + 1) % count],
                    part: distance <= 1e-6 ? 0 : Float(min(1, distance / gaps[before]))))
        }
        return partners
    }
}

/// The lines of a stitched projection, by their distance from the axis.
private struct Lines {
    /// A line in the projection that has it at c + s, `here`, and in the one half a turn later, at c - s, `there`.
    struct Line {
        let here: Sample
        let there: Sample
        /// How much of it is taken from `here`; 0 or 1 where only one sees it.
        let weight: Float
    }

    /// A value between two columns.
    struct Sample {
        private let column: Int
        private let part: Float

        init(at position: Double, columns: Int) {
            let inside = min(max(position, 0), Double(columns - 1))
            column = min(Int(inside), max(0, columns - 2))
            part = Float(inside - Double(column))
        }

        func value(_ row: UnsafeBufferPointer<Float>) -> Float {
            part == 0 ? row[column] : row[column] + part * (row[column + 1] - row[column])
        }
    }

    let all: [Line]

    var count: Int { all.count }
    /// Where the axis is.
    var middle: Double { Double(count - 1) / 2 }

    init(_ geometry: SinogramGeometry) {
        let (left, right) = (geometry.centre, Double(geometry.columns - 1) - geometry.centre)
        let count = 2 * Int(max(left, right)) + 1
        let overlap = min(left, right)
        all = (0..<count).map { index in
            let s = Double(index) - Double(count - 1) / 2
            // Rising with s where the axis is near the left edge, falling where it is near the right one.
            let rise = (left <= right ? s : -s) + overlap
            let weight = overlap > 0 ? min(max(rise / (2 * overlap), 0), 1) : rise > 0 ? 1 : rise < 0 ? 0 : 0.5
            return Line(
                here: Sample(at: geometry.centre + s, columns: geometry.columns),
                there: Sample(at: geometry.centre - s, columns: geometry.columns), weight: Float(weight))
        }
    }
}
