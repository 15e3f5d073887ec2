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
    @Option(help: "The volume: an HDF5 file, or a Zarr folder where the name ends in .zarr.") var output = "volume.h5"
    @Option(help: "Version of Zarr: 2 or 3.") var zarrFormat = ZarrFormat.v2
    @Option(help: "Compression of Zarr: none, gzip, zstd or lz4.") var zarrCodec = ZarrCodec.zstd
    @Flag(help: "Replace a volume that exists already.") var overwrite = false

    func run() throws {
        let volume = try VolumeParts(parts)
        if output.hasSuffix(".zarr") {
            try volume.assembleZarr(output, format: zarrFormat, codec: zarrCodec, overwrite: overwrite)
        } else {
            try volume.assembleHDF5(output, overwrite: overwrite)
        }
        print("\(output): \(volume.sliceCount) slices from \(parts.count) parts")
    }
}
