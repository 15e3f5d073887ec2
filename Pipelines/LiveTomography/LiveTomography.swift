import Penstock
import PenstockFormats
import PenstockTomography

@main struct LiveTomography: Pipeline {
    static let abstract = "Record a tomography scan and reconstruct it while it is recorded."
    static let verbs: [any ParsableCommand.Type] = [
        CentreCommand.self, SteerCommand.self, AssembleCommand.self, PhantomCommand.self,
    ]

    @Option(help: "The scan: a Data Exchange or NXtomo HDF5 file, a TIFF file or a folder of TIFF files.")
    var input: String?
    @Option(help: "Flats in place of those of the input: a TIFF or HDF5 file, or a folder.") var flats: String?
    @Option(help: "Darks in place of those of the input: a TIFF or HDF5 file, or a folder.") var darks: String?
    @Option(help: "Angles in place of those of the input, one on each line: FILE, or FILE:11-101 for these lines.")
    var angles: AngleList?
    @Option(help: "Unit of the angles, whatever the input says: deg or rad.") var angleUnit: AngleUnit?
    @Option(parsing: .unconditional, help: "Degrees that are added to every angle: the image turns by them.")
    var angleOffset = 0.0
    @Option(help: "Read an HDF5 file that is still written, until nothing has come for so many seconds.")
    var follow: Double?
    @Option(help: "One of several parts of the scan by rows, for a process of its own: 1/2, and 2/2 in another.")
    var part: DetectorPart?
    @Flag(inversion: .prefixedNo, help: "Keep the SHA-256 of the input, which reads it once more.") var checksum = true
    @Option(
        help:
            "Projections a second, for a file that plays the part of a detector; by default as fast as it can be read.")
    var pace: Double?
    @Option(help: "Detector rows that become slices: all, or such as 30,67,100 or 40-60.") var rows = RowSelection.all
    @Option(help: "The volume of the last window: an HDF5 file, or a Zarr folder where the name ends in .zarr.")
    var output = "volume.h5"
    @Option(help: "Version of Zarr: 2 or 3.") var zarrFormat = ZarrFormat.v2
    @Option(help: "Compression of Zarr: none, gzip, zstd or lz4.") var zarrCodec = ZarrCodec.zstd
    @Option(help: "Rotation centre: a detector column, or auto.") var centre = RotationCentre.automatic
    @OptionGroup var reconstruction: ReconstructionOptions
    @Option(help: "Window: whole, the latest part of a turn (180deg), or a number of projections.") var window =
        ScanWindow.whole
    @Option(help: "Distance between windows: 15deg, or a number of projections.") var every = WindowStep.degrees(15)
    @OptionGroup(title: "Quality") var quality: QualityOptions
    @OptionGroup(title: "Preparation") var preparation: PreparationOptions
    @Option(help: "Width of the image around the rotation axis, in pixels; all by default.") var width: Int?
    @Flag(help: "Count pixels that are NaN or infinite as air.") var allowNonFinite = false
    @Option(help: "Folder for every slice of every window, as TIFF.") var tiff: String?
    @Option(help: "Folder for the volume of every window, of the kind of --output: a series in time.") var series:
        String?
    @Option(help: "Folder for a picture of the middle slice of every window and its sinogram, as PNG.") var preview:
        String?
    @Option(
        help:
            "Planes along the rotation axis that --preview shows of every window, such as x:100,y:120: a column and a row of the slices."
    )
    var planes: OrthoPlanes?
    @Option(help: "Colours of the pictures.") var colours = ColourMap.grey
    @Option(help: "Size of a pixel in micrometres, for the scale bar.") var pixelSize: PixelSize?

    var body: some Dataflow {
        let scan = Flow("scan") {
            From(ScanFile(input, scanOptions))
            Persist(topic: "projections")  // from here on everything can be replayed
        }
        let prepared = Flow("preparation") {
            scan
            CheckSequence()
            AdmitFrames(partRows)
            FlatField(
                average: preparation.flatAverage, timing: preparation.flatTiming, allowsNonFinite: allowNonFinite)
            if preparation.cropRows != nil || preparation.cropColumns != nil {
                CropProjections(
                    rows: preparation.cropRows?.indices, columns: preparation.cropColumns?.indices, isPart: part != nil)
            }
            if let threshold = preparation.zingerThreshold {
                RemoveZingers(threshold: threshold)
            }
            if let columns = preparation.air {
                NormaliseAir(columns: columns)
            }
            if let factor = preparation.binning {
                BinProjections(factor: factor)
            }
            if let paganin = preparation.paganin {
                RetrievePhase(paganin)
            }
            if let tilt = preparation.tilt {
                CorrectTilt(degrees: tilt)
            }
            if let partRows {
                KeepOwnRows(partRows)
            }
            MinusLog(floor: preparation.floor)
            if let polynomial = preparation.beamHardening {
                CorrectBeamHardening(coefficients: polynomial.coefficients)
            }
            FindCentre(centre)
        }
        let slices = Flow("reconstruction") {
            prepared
            ProjectionWindows(window.rule(every: every))
            Reconstruct(
                reconstruction.method, rows: rows, early: earlySlices, warmStart: reconstruction.warmStart,
                sinogramSteps: preparation.sinogramSteps, showsSinogram: preview != nil)
            if let width {
                CropSlices(width: width)
            }
        }
        if quality.isWanted {
            let compared = Flow("comparison") {
                slices
                CompareWindows(with: quality.reference.map { ReferenceVolume($0) })
            }
            Flow("quality") {
                compared
                To(Topic<WindowQuality>("quality"))
            }
            if let judge = quality.judge {
                Flow("judgement") {
                    compared
                    judge
                    To(Topic<Steering>(QualityOptions.judgements))
                }
            }
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
        if let series {
            Flow("series") {
                slices
                To(
                    VolumeSeries(
                        series, format: output.hasSuffix(".zarr") ? .zarr(zarrFormat, zarrCodec) : .hdf5,
                        parameters: volumeParameters))
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
                To(Preview(preview, colours: colours, pixelSize: pixelSize))
            }
            if let planes {
                Flow("planes") {
                    prepared
                    ProjectionWindows(window.rule(every: every))
                    ReconstructPlanes(
                        planes, filter: reconstruction.filter, sinogramSteps: preparation.sinogramSteps)
                    To(PlanePictures(preview, colours: colours, pixelSize: pixelSize))
                }
            }
        }
    }

    /// The settings that do not go together.
    func check(_ verb: PipelineVerb) throws {
        if preparation.halfAcquisition, centre == .automatic { throw TomographyError.halfAcquisitionNeedsCentre }
        if follow != nil, angles != nil {
            throw TomographyError.optionsDoNotFit(
                reason: "--follow takes the angles from the file that is still written, not from --angles",
                hint: "leave one of both out")
        }
        guard part != nil else { return }
        if centre == .automatic {
            throw TomographyError.optionsDoNotFit(
                reason: "a part of a scan cannot find the rotation centre of the whole", hint: "give --centre")
        }
        if output.hasSuffix(".zarr") {
            throw TomographyError.optionsDoNotFit(
                reason: "parts of a scan are HDF5 files",
                hint: "give --output part.h5; LiveTomography assemble makes the Zarr folder of all parts")
        }
        if rows != .all || tiff != nil {
            throw TomographyError.optionsDoNotFit(
                reason: "\(tiff == nil ? "--rows" : "--tiff") counts slices of the whole volume, not those of a part",
                hint: tiff == nil ? "choose rows with --crop-rows" : "leave --tiff out of the parts")
        }
    }

    /// Refuses what cannot be meant.
    func validate() throws {
        if let pace, !(pace > 0 && pace <= 1e9) {
            throw ValidationError("--pace takes a number of projections a second, above 0")
        }
        guard planes == nil || preview != nil else {
            throw ValidationError("--planes says what --preview DIR shows: give both")
        }
        if let width, width < 1 { throw ValidationError("--width takes a number of one or more") }
        if let follow, !(follow > 0 && follow <= 1e6) {
            throw ValidationError("--follow takes seconds, up to a million")
        }
        guard quality.reference != nil && quality.judge == nil || !quality.isWanted || window != .whole else {
            throw ValidationError(
                "comparing windows needs windows that follow each other, such as --window 180deg; --window whole has one"
            )
        }
        guard !reconstruction.warmStart || window != .whole else {
            throw ValidationError(
                "--warm-start needs windows that follow each other, such as --window 180deg; --window whole has one")
        }
    }

    /// The slices that somebody needs of windows before the last: with a warm start all, so that the volume is the same whoever looks on.
    private var earlySlices: Reconstruct.EarlySlices {
        tiff != nil || series != nil || reconstruction.warmStart
            ? .all : preview != nil || quality.isWanted ? .middle : .none
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
            source
        ] + steeringLines(record) + [
            "\(output): \(slices) slices from \(windows) \(windows == "1" ? "window" : "windows"), rotation centre \(centre)"
        ] + quality.lines(record) + ["\(seconds) s"]
    }

    /// What the running scan was steered to, and when.
    private func steeringLines(_ record: RunRecord) -> [String] {
        let name = "steered_at_projection_"
        return record.facts.filter { $0.key.hasPrefix(name) }.sorted { $0.key < $1.key }.map { fact in
            "steered at projection \(Int(fact.key.dropFirst(name.count)) ?? 0): \(fact.value)"
        }
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
        options.steering = SteeringTopics(
            ["steering"] + (quality.stopWhen == nil ? [] : [QualityOptions.judgements]), recording: "projections")
        options.projectionsPerSecond = pace
        options.part = partRows
        options.followTimeout = follow.map { .seconds($0) }
        return options
    }

    /// The rows that the part of the scan reads and makes.
    private var partRows: PartRows? {
        part.map {
            PartRows(
                $0, crop: preparation.cropRows?.indices, binning: preparation.binning ?? 1,
                needsAllRows: preparation.needsAllRows)
        }
    }

    /// What the volume itself says about how it was made: nothing that differs between a run and its replay.
    private var volumeParameters: [String: String] {
        var parameters = reconstruction.method.parameters.merging(preparation.parameters) { $1 }
        if reconstruction.method.isIterative { parameters["warm_start"] = "\(reconstruction.warmStart)" }
        parameters["centre"] = "\(centre)"
        parameters["window"] = "\(window)"
        parameters["every"] = "\(every)"
        parameters["rows"] = "\(rows)"
        parameters[VolumeParts.attribute] = part?.description
        parameters["width"] = width.map { "\($0)" } ?? "all"
        return parameters
    }
}
