import Penstock
import PenstockFormats
import PenstockTomography

/// Where a volume goes, and in which format.
struct VolumeOptions: ParsableArguments {
    @Option(help: "The volume: an HDF5 file, or a Zarr folder where the name ends in .zarr.") var output = "volume.h5"
    @Option(help: "Version of Zarr: 2 or 3.") var zarrFormat = ZarrFormat.v2
    @Option(help: "Compression of Zarr: none, gzip, zstd or lz4.") var zarrCodec = ZarrCodec.zstd

    /// Whether the name asks for Zarr.
    var isZarr: Bool { output.hasSuffix(".zarr") }

    /// The format of volumes beside this one.
    var format: VolumeSeries.Format { isZarr ? .zarr(zarrFormat, zarrCodec) : .hdf5 }

    /// The volume as the end of a flow.
    func end(_ parameters: [String: String]) -> To<ReconstructedSlice> {
        isZarr
            ? To(ZarrVolume(output, format: zarrFormat, codec: zarrCodec, parameters: parameters))
            : To(DataExchangeVolume(output, parameters: parameters))
    }
}

/// What is written of every window, beside the volume of the last.
struct WindowOutputOptions: ParsableArguments {
    @Option(help: "Folder for every slice of every window, as TIFF: float32, or 16-bit with --tiff-range.") var tiff:
        String?
    @Option(
        parsing: .unconditional,
        help: "Attenuations in 1/pixel that 0 and 65535 of 16-bit TIFF stand for, such as -0.001:0.02.")
    var tiffRange: AttenuationRange?
    @Option(help: "Folder for the volume of every window, of the kind of --output: a series in time.") var series:
        String?

    /// What the pixels of TIFF are.
    var tiffPixels: TIFFPixels { tiffRange.map { .uint16($0.bounds) } ?? .float32 }

    func validate() throws {
        guard tiffRange == nil || tiff != nil else {
            throw ValidationError("--tiff-range says what --tiff DIR writes: give both")
        }
    }

    /// Whether all slices of all windows are written.
    var isWanted: Bool { tiff != nil || series != nil }
}

/// Two attenuations as the command line has them: `-0.001:0.02`.
struct AttenuationRange: Sendable, Hashable, ExpressibleByArgument {
    let bounds: ClosedRange<Float>

    init?(argument: String) {
        let numbers = argument.split(separator: ":", omittingEmptySubsequences: false).map { Float($0) }
        guard numbers.count == 2, let low = numbers[0], let high = numbers[1], low < high, low.isFinite, high.isFinite
        else { return nil }
        bounds = low...high
    }
}
