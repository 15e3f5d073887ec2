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
    @Option(help: "Folder for every slice of every window, as TIFF.") var tiff: String?
    @Option(help: "Folder for the volume of every window, of the kind of --output: a series in time.") var series:
        String?

    /// Whether all slices of all windows are written.
    var isWanted: Bool { tiff != nil || series != nil }
}
