/// The part of the half circle that each projection stands for in a reconstruction.
///
/// A projection at an angle is the same as one half a turn away, so angles count modulo pi. Every different angle gets
/// half the way to each of its two neighbours on that circle, and projections at one angle share its part. For evenly
/// spread angles this is pi divided by their number; golden-angle, interleaved and lossy orders need nothing else. The
/// parts add up to pi unless one was capped.
public struct AngularWeights: Sendable, Hashable {
    /// How many times the median a part may be. Golden-angle scans stay below 2.7; beyond 4 it is a wedge without data,
    /// which a projection at its edge cannot stand for.
    public static let capInMedians = 4.0

    /// How many times the median a gap between neighbours may be. Golden-angle scans stay below 2.7 here, too.
    public static let gapInMedians = 4.0

    /// Angles closer than this are one angle, in radians.
    public static let toleranceRadians = 1e-7

    /// The part of each projection in radians, in the order of the angles given.
    public let radians: [Double]
    /// The largest angle without any projection between two neighbours, in radians; pi for one projection.
    public let largestGapRadians: Double
    /// Where the largest gap begins, in radians from 0 to pi.
    public let largestGapStartRadians: Double
    /// Whether the largest gap is more than `gapInMedians` times the median one: there are directions that no projection shows.
    public let hasGap: Bool
    /// Whether a part was cut to `capInMedians`: the scan has a missing wedge.
    public let isCapped: Bool

    /// The weights of projections at these angles, in any order.
    /// - Throws: `TomographyError` for no angle, or one that is not finite.
    public init(anglesDegrees: [Double]) throws(TomographyError) {
        try self.init(anglesRadians: anglesDegrees.map { $0.remainder(dividingBy: 180) * .pi / 180 })
    }

    /// The weights of projections at these angles, in any order.
    /// - Throws: `TomographyError` for no angle, or one that is not finite.
    public init(anglesRadians: [Double]) throws(TomographyError) {
        guard !anglesRadians.isEmpty else { throw .noAngles }
        if let bad = anglesRadians.firstIndex(where: { !$0.isFinite }) { throw .invalidAngle(projection: bad) }
        let directions = Self.directions(of: anglesRadians)
        let count = directions.count
        // Going round once: the gap after direction i leads to its neighbour, the last one's back to the first.
        let gaps = directions.indices.map { i in
            i + 1 < count
                ? directions[i + 1].angle - directions[i].angle : directions[0].angle + .pi - directions[i].angle
        }
        let parts = gaps.indices.map { (gaps[($0 + count - 1) % count] + gaps[$0]) / 2 }
        let cap = Self.capInMedians * parts.sorted()[count / 2]
        var radians = Array(repeating: 0.0, count: anglesRadians.count)
        for (direction, part) in zip(directions, parts) {
            for projection in direction.projections {
                radians[projection] = min(part, cap) / Double(direction.projections.count)
            }
        }
        self.radians = radians
        let largest = gaps.indices.max { gaps[$0] < gaps[$1] } ?? 0
        largestGapRadians = gaps[largest]
        largestGapStartRadians = directions[largest].angle
        hasGap = gaps[largest] > Self.gapInMedians * gaps.sorted()[count / 2]
        isCapped = parts.contains { $0 > cap }
    }

    /// The different angles in rising order, each with the projections taken there.
    private static func directions(of angles: [Double]) -> [(angle: Double, projections: [Int])] {
        let folded = angles.map { angle in
            let rest = angle.truncatingRemainder(dividingBy: .pi)
            return rest < 0 ? rest + .pi : rest
        }
        let order = folded.indices.sorted { (folded[$0], $0) < (folded[$1], $1) }
        var directions: [(angle: Double, projections: [Int])] = []
        for projection in order {
            if let last = directions.last, folded[projection] - last.angle <= toleranceRadians {
                directions[directions.count - 1].projections.append(projection)
            } else {
                directions.append((folded[projection], [projection]))
            }
        }
        // 0 and just below pi are one direction.
        if directions.count > 1, let last = directions.last, directions[0].angle + .pi - last.angle <= toleranceRadians
        {
            directions[0].projections.append(contentsOf: last.projections)
            directions.removeLast()
        }
        return directions
    }
}
