public import PenstockEvents

/// Why a tomographic computation cannot be done on the data that it was given.
public enum TomographyError: Diagnostic, Equatable {
    /// There is no projection.
    case noAngles
    /// The angle of a projection is NaN or infinite.
    case invalidAngle(projection: Int)
    /// The rotation centre is NaN or infinite.
    case invalidCentre
    /// A sinogram has too few angles or columns to find its rotation centre.
    case sinogramTooSmall(angles: Int, columns: Int)
    /// No reconstruction filter has this name.
    case unknownFilter(String)

    /// What happened.
    public var summary: String {
        switch self {
        case .noAngles: "there is no projection to reconstruct from"
        case .invalidAngle(let projection): "the angle of projection \(projection) is not a finite number"
        case .invalidCentre: "the rotation centre is not a finite number"
        case .sinogramTooSmall(let angles, let columns):
            "a sinogram of \(angles) angles and \(columns) columns is too small to find its rotation centre"
        case .unknownFilter(let name): "there is no reconstruction filter named \(name)"
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .noAngles: "look at the number of projections in the scan, and at the window over its angles"
        case .invalidAngle: "look at the list of angles of the scan"
        case .invalidCentre: "give the centre as a column number of the detector, counted from 0"
        case .sinogramTooSmall:
            "give the centre; finding it takes \(VoCentre.minimumAngles) angles and \(VoCentre.minimumColumns) columns"
        case .unknownFilter: "filters are " + ReconstructionFilter.allCases.map(\.description).joined(separator: ", ")
        }
    }

    /// The kind of failure: the data's, except for what the user wrote.
    public var category: FailureCategory {
        switch self {
        case .noAngles, .invalidAngle, .sinogramTooSmall: .data
        case .invalidCentre, .unknownFilter: .usage
        }
    }
}
