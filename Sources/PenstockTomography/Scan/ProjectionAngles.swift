public import Penstock
internal import PenstockFormats

/// The unit of a list of angles.
public enum AngleUnit: String, Sendable, Hashable, CaseIterable, ExpressibleByArgument {
    /// Degrees.
    case degrees = "deg"
    /// Radians.
    case radians = "rad"
}

extension AngleUnit {
    /// The unit that the attribute `units` of a dataset names; nil where it names none that is known.
    init?(of dataset: String, in file: borrowing HDF5File) throws(FormatError) {
        guard case .text(let text) = try file.attribute("units", of: dataset) else { return nil }
        let unit = text.lowercased()
        if unit.hasPrefix("deg") || unit == "°" {
            self = .degrees
        } else if unit.hasPrefix("rad") {
            self = .radians
        } else {
            return nil
        }
    }
}

/// The angles of the projections of a scan as they are stored.
struct ProjectionAngles {
    /// The angles, in the order of the projections.
    var values: [Double]
    /// Their unit, where the file tells it.
    var unit: AngleUnit?
    /// Their unit, where the user tells it.
    var givenUnit: AngleUnit?
    /// The file that has them.
    var file: String
    /// What holds them in it.
    var object: String?

    /// An angle in degrees for each of `count` projections.
    ///
    /// A scan that was broken off has more angles in its file than projections: the last ones are left out.
    /// - Throws: `wrongShape` for too few angles, or too many in a list that the user gives; `wrongType` for one that is no number, and for
    ///   angles that look like radians while the user does not say what they are.
    func degrees(count: Int) throws(FormatError) -> [Double] {
        guard values.count == count || values.count > count && object != nil else {
            throw error(.wrongShape, "there are \(values.count) angles for \(count) projections", countHint(count))
        }
        let taken = Array(values.prefix(count))
        if let bad = taken.firstIndex(where: { !$0.isFinite }) {
            throw error(
                .wrongType, "the angle of projection \(bad) is not a finite number", "repair the list of angles")
        }
        if (givenUnit ?? unit) == .radians { return taken.map { $0 * 180 / .pi } }
        // All angles of the file: those of a scan that was broken off may be a quarter of a turn.
        guard givenUnit == .degrees || !looksLikeRadians else {
            throw error(
                .wrongType,
                "the \(values.count) angles end at \(values[values.count - 1])"
                    + (unit == .degrees ? " and are said to be degrees" : "") + ": these look like radians",
                "give --angle-unit rad, or --angle-unit deg if they are degrees")
        }
        return taken
    }

    /// Whether the angles span half a turn or a whole one in radians, the end included or not. Short scans in degrees do not.
    private var looksLikeRadians: Bool {
        guard values.count > 10, let lowest = values.min(), let highest = values.max() else { return false }
        let span = highest - lowest
        let withStep = span * Double(values.count) / Double(values.count - 1)
        return [span, withStep].contains { angle in
            [Double.pi, 2 * Double.pi].contains { abs(angle - $0) < 0.005 * $0 }
        }
    }

    private func countHint(_ count: Int) -> String {
        object == nil && values.count > count
            ? "name the lines of the projections, counted from 1, such as --angles \(file):11-101"
            : "every projection needs its angle" + (object == nil ? "" : "; --angles FILE gives another list")
    }

    private func error(_ code: FormatError.Code, _ reason: String, _ hint: String) -> FormatError {
        FormatError(code, file: file, object: object, reason, hint: hint)
    }
}
