public import Penstock

/// Windows over the projections of a scan: the whole scan, the latest part of a turn, or the latest projections.
public struct ProjectionWindows: Stage {
    /// The rule.
    public enum Rule: Sendable, Hashable {
        /// One window that holds the whole scan.
        case whole
        /// The latest `degrees` of travel, a window each `every` degrees of travel.
        case angle(degrees: Double, every: Double)
        /// The latest `count` projections, a window each `every` projections.
        case latest(count: Int, every: Int)
    }

    /// The rule.
    public let rule: Rule
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Windows by a rule.
    public init(_ rule: Rule) { self.rule = rule }

    /// Positions of projections are their travel in units of a thousand millionth of a degree.
    static let unitsPerDegree = 1e9

    var positions: PositionWindows {
        switch rule {
        case .whole: PositionWindows(.whole)
        case .angle(let degrees, let every):
            PositionWindows(
                .sliding(size: Self.position(degrees), every: Self.position(every)),
                unit: PositionWindows.Unit("degrees", positions: Self.unitsPerDegree))
        case .latest(let count, let every): PositionWindows(.latest(count: count, every: every))
        }
    }

    /// Where a projection stands on the windows' axis.
    func position(of projection: Projection, after previous: Int64?) throws(TomographyError) -> Int64 {
        guard case .angle = rule else { return Int64(projection.index) }
        let position = Self.position(projection.travelDegrees)
        guard position >= previous ?? 0 else {
            throw .angleGoesBack(projection: projection.index, degrees: projection.angleDegrees)
        }
        return position
    }

    private static func position(_ degrees: Double) -> Int64 { Int64((degrees * unitsPerDegree).rounded()) }
}

/// An angle.
public struct Angle: Sendable, Hashable {
    let inDegrees: Double

    /// An angle in degrees.
    public static func degrees(_ value: Double) -> Angle { Angle(inDegrees: value) }
}

/// Windows over the latest `angle` of travel of a steadily turning stage, one each `step`; the first ones of a scan grow.
///
/// The stage may turn either way and any number of times. A scan whose angles go back, as golden-angle scans do, needs
/// `ProjectionWindows(.latest(...))` or `.whole`.
public func Sliding(angle: Angle, every step: Angle) -> ProjectionWindows {
    ProjectionWindows(.angle(degrees: angle.inDegrees, every: step.inDegrees))
}

extension FlowBuilder {
    /// Cuts projections into windows.
    public static func buildPartialBlock(
        accumulated: Penstock.Stream<Projection>, next: ProjectionWindows
    ) -> Windows<Projection> {
        Windows(accumulated, next.positions) { try next.position(of: $0, after: $1) }
    }
}
