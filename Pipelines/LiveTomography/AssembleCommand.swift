import Penstock
import PenstockFormats
import PenstockTomography

/// Puts the volumes of the parts of a scan together.
struct AssembleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assemble",
        abstract:
            "Make one volume of those that run or replay made with --part, with the bytes that a single process makes.")

    @Argument(help: "The volumes of all parts, in any order.") var parts: [String]
    @OptionGroup var volume: VolumeOptions
    @Flag(help: "Replace a volume that exists already.") var overwrite = false

    func run() throws {
        let whole = try VolumeParts(parts)
        if volume.isZarr {
            try whole.assembleZarr(
                volume.output, format: volume.zarrFormat, codec: volume.zarrCodec, overwrite: overwrite)
        } else {
            try whole.assembleHDF5(volume.output, overwrite: overwrite)
        }
        print("\(volume.output): \(whole.sliceCount) slices from \(parts.count) parts")
    }
}
