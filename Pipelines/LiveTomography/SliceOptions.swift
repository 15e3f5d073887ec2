import Penstock
import PenstockTomography

/// Which slices there are, and around which axis.
struct SliceOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Rotation centre: a detector column, or auto.") var centre =
        RotationCentre.automatic
    @Option(parsing: .unconditional, help: "Detector rows that become slices: all, or such as 30,67,100 or 40-60.")
    var rows = RowSelection.all
    @Option(parsing: .unconditional, help: "Width of the image around the rotation axis, in pixels; all by default.")
    var width: Int?

    func validate() throws {
        if let width, width < 1 { throw ValidationError("--width takes a number of one or more, not \(width)") }
    }

    /// What the volume says about how it was made.
    var parameters: [String: String] {
        ["centre": "\(centre)", "rows": "\(rows)", "width": width.map { "\($0)" } ?? "all"]
    }
}
