import Penstock
import PenstockTomography

// Each group of options looks at its own; here stands what concerns several.
extension LiveTomography {
    /// Refuses what cannot be meant.
    func validate() throws {
        guard windows.areSeveral || !quality.comparesWindows else {
            throw ValidationError(
                "comparing windows needs windows that follow each other, such as --window 180deg; --window whole has one"
            )
        }
        guard windows.areSeveral || !reconstruction.warmStart else {
            throw ValidationError(
                "--warm-start needs windows that follow each other, such as --window 180deg; --window whole has one")
        }
    }

    /// The settings that do not go together.
    func check(_ verb: PipelineVerb) throws {
        if preparation.halfAcquisition, slices.centre == .automatic {
            throw TomographyError.halfAcquisitionNeedsCentre
        }
        try OutputPaths(volume.output, folders: ["--tiff": windowOutput.tiff, "--series": windowOutput.series])
            .check(against: input)
        if recording.part != nil { try checkPart() }
    }

    /// What a part of a scan cannot do.
    private func checkPart() throws {
        if slices.centre == .automatic {
            throw TomographyError.optionsDoNotFit(
                reason: "a part of a scan cannot find the rotation centre of the whole", hint: "give --centre")
        }
        if volume.isZarr {
            throw TomographyError.optionsDoNotFit(
                reason: "parts of a scan are HDF5 files",
                hint: "give --output part.h5; LiveTomography assemble makes the Zarr folder of all parts")
        }
        if slices.rows != .all {
            throw TomographyError.optionsDoNotFit(
                reason: "--rows counts slices of the whole volume, not those of a part",
                hint: "choose rows with --crop-rows")
        }
        if windowOutput.tiff != nil {
            throw TomographyError.optionsDoNotFit(
                reason: "--tiff counts slices of the whole volume, not those of a part",
                hint: "leave --tiff out of the parts")
        }
    }
}
