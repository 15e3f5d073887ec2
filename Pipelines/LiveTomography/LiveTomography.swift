import Penstock
import PenstockFormats
import PenstockTomography

@main struct LiveTomography: Pipeline {
    static let abstract = "Record a tomography scan and reconstruct it while it is recorded."
    static let verbs: [any ParsableCommand.Type] = [PhantomCommand.self]

    @Option(help: "The scan: a Data Exchange or NXtomo HDF5 file, a TIFF file or a folder of TIFF files.")
    var input: String?
    @Option(help: "Flats in place of those of the input: a TIFF or HDF5 file, or a folder.") var flats: String?
    @Option(help: "Darks in place of those of the input: a TIFF or HDF5 file, or a folder.") var darks: String?
    @Option(help: "Angles in place of those of the input, one on each line: FILE, or FILE:11-101 for these lines.")
    var angles: AngleList?
    @Option(help: "Unit of the angles, whatever the input says: deg or rad.") var angleUnit: AngleUnit?
    @Option(parsing: .unconditional, help: "Degrees that are added to every angle: the image turns by them.")
    var angleOffset = 0.0
    @Flag(inversion: .prefixedNo, help: "Keep the SHA-256 of the input, which reads it once more.") var checksum = true
    @Option(help: "Detector rows that become slices: all, or such as 30,67,100 or 40-60.") var rows = RowSelection.all
    @Option(help: "The volume of the last window: an HDF5 file, or a Zarr folder where the name ends in .zarr.")
    var output = "volume.h5"
    @Option(help: "Version of Zarr: 2 or 3.") var zarrFormat = ZarrFormat.v2
    @Option(help: "Compression of Zarr: none, gzip, zstd or lz4.") var zarrCodec = ZarrCodec.zstd
    @Option(help: "Rotation centre: a detector column, or auto.") var centre = RotationCentre.automatic
    @Option(help: "Filter of the reconstruction.") var filter = ReconstructionFilter.shepp
    @Option(help: "Window: whole, the latest part of a turn (180deg), or a number of projections.") var window =
        ScanWindow.whole
    @Option(help: "Distance between windows: 15deg, or a number of projections.") var every = WindowStep.degrees(15)
    @Option(help: "Excess of transmission above which a pixel is a zinger, such as 0.15.") var zingerThreshold: Double?
    @Flag(help: "Count pixels that are NaN or infinite as air.") var allowNonFinite = false
    @Option(help: "Folder for every slice of every window, as TIFF.") var tiff: String?
    @Option(help: "Folder for a picture of the middle slice of every window, as PNG.") var preview: String?

    var body: some Dataflow {
        let scan = Flow("scan") {
            From(ScanFile(input, scanOptions))
            Persist(topic: "projections")  // from here on everything can be replayed
        }
        let prepared = Flow("preparation") {
            scan
            FlatField(allowsNonFinite: allowNonFinite)
            if let zingerThreshold {
                RemoveZingers(threshold: zingerThreshold)
            }
            MinusLog()
            FindCentre(centre)
        }
        let slices = Flow("reconstruction") {
            prepared
            ProjectionWindows(window.rule(every: every))
            Gridrec(filter: filter, rows: rows, early: tiff != nil ? .all : preview != nil ? .middle : .none)
        }
        Flow("centre") {
            prepared
            CentreOfScan()
            To(Topic<CentreUsed>("centres"))
        }
        if output.hasSuffix(".zarr") {
            Flow("volume") {
                slices
                To(ZarrVolume(output, format: zarrFormat, codec: zarrCodec, parameters: volumeParameters))
            }
        } else {
            Flow("volume") {
                slices
                To(DataExchangeVolume(output, parameters: volumeParameters))
            }
        }
        if let tiff {
            Flow("slices") {
                slices
                To(TIFFSlices(tiff))
            }
        }
        if let preview {
            Flow("preview") {
                slices
                To(Preview(preview))
            }
        }
    }

    /// Keeps what differs between a run and its replay beside the volume, and says what was done.
    func report(_ record: RunRecord) throws -> [String] {
        try record.writeProvenance(to: output + ".provenance.json")
        let projections = record.counts["projections_acknowledged"] ?? 0
        let slices = record.counts["slices_written"] ?? 0
        let windows = record.facts["windows"] ?? "0"
        let centre = record.facts["rotation_centre"] ?? "\(centre)"
        let seconds = (Double(record.ended.nanoseconds - record.started.nanoseconds) / 1e8).rounded() / 10
        let source =
            record.verb == .run
            ? "scan \(record.scan): \(projections) projections recorded in \(record.log ?? "")"
            : "scan \(record.scan): replayed from \(record.log ?? "")"
        return [
            source,
            "\(output): \(slices) slices from \(windows) \(windows == "1" ? "window" : "windows"), rotation centre \(centre)",
            "\(seconds) s",
        ]
    }

    /// What stands beside the input, and how it is read.
    private var scanOptions: ScanFile.Options {
        var options = ScanFile.Options()
        options.flats = flats
        options.darks = darks
        options.angles = angles
        options.angleUnit = angleUnit
        options.angleOffsetDegrees = angleOffset
        options.allowsNonFinite = allowNonFinite
        options.takesChecksum = checksum
        return options
    }

    /// What the volume itself says about how it was made: nothing that differs between a run and its replay.
    private var volumeParameters: [String: String] {
        [
            "algorithm": "gridrec", "filter": "\(filter)", "centre": "\(centre)", "window": "\(window)",
            "every": "\(every)", "rows": "\(rows)",
            "zinger_threshold": zingerThreshold.map { "\($0)" } ?? "none",
        ]
    }
}
