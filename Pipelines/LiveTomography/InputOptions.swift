import Penstock
import PenstockTomography

/// The files of a scan, and how they are read.
struct InputOptions: ParsableArguments {
    @Option(help: "The scan: a Data Exchange or NXtomo HDF5 file, a TIFF file or a folder of TIFF files.")
    var input: String?
    @Option(help: "Flats in place of those of the input: a TIFF or HDF5 file, or a folder.") var flats: String?
    @Option(help: "Darks in place of those of the input: a TIFF or HDF5 file, or a folder.") var darks: String?
    @Option(help: "Angles in place of those of the input, one on each line: FILE, or FILE:11-101 for these lines.")
    var angles: AngleList?
    @Option(help: "Unit of the angles, whatever the input says: deg or rad.") var angleUnit: AngleUnit?
    @Option(parsing: .unconditional, help: "Degrees that are added to every angle: the image turns by them.")
    var angleOffset = 0.0
    @Flag(help: "Count pixels that are NaN or infinite as air.") var allowNonFinite = false

    func validate() throws {
        guard angleOffset.isFinite, abs(angleOffset) <= 36_000 else {
            throw ValidationError("--angle-offset must lie between -36000 and 36000, not \(angleOffset)")
        }
    }

    /// What stands beside the input, and how it is read.
    var scanOptions: ScanFile.Options {
        var options = ScanFile.Options()
        options.flats = flats
        options.darks = darks
        options.angles = angles
        options.angleUnit = angleUnit
        options.angleOffsetDegrees = angleOffset
        options.allowsNonFinite = allowNonFinite
        return options
    }
}
