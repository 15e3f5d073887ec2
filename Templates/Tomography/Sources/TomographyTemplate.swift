import Penstock
import PenstockTomography

@main struct TomographyTemplate: Pipeline {
    static let abstract = "Record a tomography scan and reconstruct it while it is recorded."
    static let verbs: [any ParsableCommand.Type] = [ExampleScan.self]

    @Option(help: "The scan: a Data Exchange or NXtomo HDF5 file.") var input = "scan.h5"
    @Option(help: "The volume: an HDF5 file.") var output = "volume.h5"
    @Option(help: "The folder for a picture of the middle slice after every 15 degrees.") var preview = "preview"
    @Option(parsing: .unconditional, help: "Rotation centre: a detector column, or auto.") var centre =
        RotationCentre.automatic
    @Option(help: "Filter of the reconstruction, such as shepp or hann.") var filter = ReconstructionFilter.shepp

    // A submitted run keeps the checksums of these.
    var filesRead: KeyValuePairs<String, String?> { ["input": input] }
    var filesMade: KeyValuePairs<String, String?> { ["output": output, "preview": preview] }

    var body: some Dataflow {
        let scan = Flow("scan") {
            From(ScanFile(input))
            Persist(topic: "projections")  // from here on everything can be replayed
        }
        let slices = Self.slices(of: scan, centre: centre, filter: filter)
        Flow("volume") {
            slices
            To(DataExchangeVolume(output, parameters: ["centre": "\(centre)", "filter": "\(filter)"]))
        }
        Flow("preview") {
            slices
            To(Preview(preview))
        }
    }

    /// What a run or a replay says at its end.
    func report(_ record: RunRecord) -> [String] {
        ["the volume is \(output), the pictures are in \(preview), the frames in the log \(record.log ?? "")"]
    }

    /// The slices of the latest half turn, every 15 degrees; a function, so that tests can give it scans of their own.
    static func slices(
        of scan: Flow<Stream<Frame>>, centre: RotationCentre, filter: ReconstructionFilter
    ) -> Flow<Stream<ReconstructedSlice>> {
        Flow("reconstruction") {
            scan
            CheckSequence()  // a frame that is missing is an error, and no stripe
            AdmitFrames()
            FlatField()  // flats and darks are frames of the scan
            RemoveZingers(threshold: 0.2)
            MinusLog()
            FindCentre(centre)
            ProjectionWindows(.angle(degrees: 180, every: 15))
            Reconstruct(.gridrec(filter: filter), early: .middle)
        }
    }
}
