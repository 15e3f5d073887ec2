public import Penstock

/// Where the rotation axis is on the detector.
public enum RotationCentre: Sendable, Hashable, CustomStringConvertible {
    /// The column that the axis projects to, counted from 0; pixel centres are whole numbers.
    case column(Double)
    /// Found by Vo's method on the first 180 degrees of the scan.
    case automatic

    /// The centre as the command line has it: `auto`, or a column such as `296.0`; nil for anything else.
    public init?(_ text: String) {
        if text == "auto" {
            self = .automatic
        } else if let column = Double(text), column.isFinite {
            self = .column(column)
        } else {
            return nil
        }
    }

    /// `auto` or the column.
    public var description: String {
        switch self {
        case .column(let column): "\(column)"
        case .automatic: "auto"
        }
    }
}

extension RotationCentre: ExpressibleByArgument {
    /// The centre as the command line has it.
    public init?(argument: String) { self.init(argument) }

    /// `auto` or the column.
    public var defaultValueDescription: String { description }
}
