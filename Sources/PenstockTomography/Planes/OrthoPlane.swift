public import Penstock

/// A plane through the volume that holds the direction of the rotation axis: what stands in one column or one row of all slices.
public struct OrthoPlane: Sendable, Hashable, CustomStringConvertible {
    /// The direction that the plane is perpendicular to.
    public enum Axis: String, Sendable, Hashable {
        /// To the right in the slices: the plane is one of their columns.
        case x
        /// Up in the slices: the plane is one of their rows.
        case y
    }

    /// The direction.
    public let axis: Axis
    /// The column of the slices for `x`, the row for `y`, counted from 0.
    public let position: Int

    /// A plane.
    public init(_ axis: Axis, at position: Int) {
        self.axis = axis
        self.position = position
    }

    /// Such as `x:100`.
    public var description: String { "\(axis.rawValue):\(position)" }

    /// Reads `x:100`; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let axis = Axis(rawValue: String(parts[0])), let position = Int(parts[1]), position >= 0
        else { return nil }
        self.init(axis, at: position)
    }
}

/// Planes to look at, at most 16.
public struct OrthoPlanes: Sendable, Hashable, CustomStringConvertible {
    /// The most planes.
    public static let mostPlanes = 16

    /// The planes, in the order in which they were asked for.
    public let planes: [OrthoPlane]

    /// These planes.
    /// - Precondition: There are at most 16.
    public init(_ planes: [OrthoPlane]) {
        precondition(planes.count <= Self.mostPlanes, "there are at most \(Self.mostPlanes) planes")
        self.planes = planes
    }

    /// Such as `x:100,y:120`.
    public var description: String { planes.map(\.description).joined(separator: ",") }
}

extension OrthoPlanes: ExpressibleByArgument {
    /// Reads `x:100,y:120`; nil for anything else.
    public init?(argument: String) {
        let planes = argument.split(separator: ",", omittingEmptySubsequences: false).map { OrthoPlane($0) }
        guard !planes.contains(nil), planes.count <= Self.mostPlanes else { return nil }
        self.init(planes.compactMap(\.self))
    }

    /// As it is written.
    public var defaultValueDescription: String { description }
}
