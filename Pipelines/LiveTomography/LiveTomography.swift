import Penstock
import PenstockFormats
import PenstockTomography

@main struct LiveTomography: Pipeline {
    static let abstract = "Record a tomography scan and reconstruct it while it is recorded."
    static let verbs: [any ParsableCommand.Type] = [
        CentreCommand.self, SteerCommand.self, AssembleCommand.self, PhantomCommand.self,
    ]

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Recording") var recording: RecordingOptions
    @OptionGroup(title: "Preparation") var preparation: PreparationOptions
    @OptionGroup(title: "Windows") var windows: WindowOptions
    @OptionGroup(title: "Slices") var slices: SliceOptions
    @OptionGroup(title: "Reconstruction") var reconstruction: ReconstructionOptions
    @OptionGroup(title: "Output") var volume: VolumeOptions
    @OptionGroup(title: "Output") var windowOutput: WindowOutputOptions
    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Quality") var quality: QualityOptions

    var body: some Dataflow {
        let scan = Flow("scan") {
            From(ScanFile(input.input, scanOptions))
            Persist(topic: "projections")  // from here on everything can be replayed
        }
        let prepared = Flow("preparation") {
            preparation.attenuations(of: scan, partRows, allowsNonFinite: input.allowNonFinite)
            FindCentre(slices.centre)
        }
        let images = Flow("reconstruction") {
            prepared
            ProjectionWindows(windows.rule)
            Reconstruct(
                reconstruction.method, rows: slices.rows, early: earlySlices, warmStart: reconstruction.warmStart,
                sinogramSteps: preparation.sinogramSteps, showsSinogram: pictures.preview != nil)
            if let width = slices.width {
                CropSlices(width: width)
            }
        }
        Flow("centre") {
            prepared
            CentreOfScan()
            To(Topic<CentreUsed>("centres"))
        }
        Flow("volume") {
            images
            volume.end(parametersOfVolume)
        }
        if let folder = windowOutput.series {
            Flow("series") {
                images
                To(VolumeSeries(folder, format: volume.format, parameters: parametersOfVolume))
            }
        }
        if let folder = windowOutput.tiff {
            Flow("slices") {
                images
                To(TIFFSlices(folder, pixels: windowOutput.tiffPixels))
            }
        }
        if let folder = pictures.preview {
            Flow("preview") {
                images
                To(Preview(folder, colours: pictures.colours, pixelSize: pictures.pixelSize))
            }
            if let planes = pictures.planes {
                Flow("planes") {
                    prepared
                    ProjectionWindows(windows.rule)
                    ReconstructPlanes(planes, filter: reconstruction.filter, sinogramSteps: preparation.sinogramSteps)
                    To(PlanePictures(folder, colours: pictures.colours, pixelSize: pictures.pixelSize))
                }
            }
        }
        if quality.isWanted {
            let compared = Flow("comparison") {
                images
                CompareWindows(with: quality.referenceVolume)
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
    }
}

extension LiveTomography {
    /// How the scan is read.
    var scanOptions: ScanFile.Options {
        var options = input.scanOptions
        recording.complete(&options)
        options.part = partRows
        options.steering = SteeringTopics(["steering"] + quality.steeringTopics, recording: "projections")
        return options
    }

    /// The rows that the part of the scan reads and makes.
    private var partRows: PartRows? { recording.part.map { preparation.rows(of: $0) } }

    /// The slices that somebody needs of windows before the last: with a warm start all, so that the volume is the same whoever looks on.
    private var earlySlices: Reconstruct.EarlySlices {
        windowOutput.isWanted || reconstruction.warmStart
            ? .all : pictures.preview != nil || quality.isWanted ? .middle : .none
    }

    /// What the volume itself says about how it was made: nothing that differs between a run and its replay.
    private var parametersOfVolume: [String: String] {
        var parameters = reconstruction.method.parameters
        if reconstruction.method.isIterative { parameters["warm_start"] = "\(reconstruction.warmStart)" }
        for group in [preparation.parameters, windows.parameters, slices.parameters] {
            parameters.merge(group) { $1 }
        }
        parameters[VolumeParts.attribute] = recording.part?.description
        return parameters
    }
}
