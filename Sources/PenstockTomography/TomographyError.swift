public import PenstockEvents

/// Why a tomographic computation cannot be done on the data that it was given.
public enum TomographyError: Diagnostic, Equatable {
    /// There is no projection.
    case noAngles
    /// The angle of a projection is NaN or infinite.
    case invalidAngle(projection: Int)
    /// The rotation centre is NaN or infinite.
    case invalidCentre
    /// A sinogram has too few angles or columns to find its rotation centre.
    case sinogramTooSmall(angles: Int, columns: Int)
    /// No reconstruction filter has this name.
    case unknownFilter(String)
    /// A run was begun without a file to read.
    case noInput
    /// Projections came before any flat.
    case noFlats(projection: Int)
    /// No pixel of the flats is brighter than in the darks.
    case flatsNotBrighter
    /// A frame has another size than those before it.
    case shapeChanged(kind: String, index: Int)
    /// A projection has pixels that are NaN or infinite.
    case nonFinitePixels(projection: Int, count: Int)
    /// The rotation centre that was given is not on the detector.
    case centreOutside(Double, columns: Int)
    /// A part of a scan has no rows: there are more parts than pairs of rows.
    case partIsEmpty(String, rows: Int)
    /// The recorded frames are those of a part of the scan, but another part, or the whole, is to be reconstructed.
    case otherPart(recorded: String, wanted: String?)
    /// The beginning of a scan does not say how many rows its detector has.
    case detectorUnknown
    /// Options that were given do not go together.
    case optionsDoNotFit(reason: String, hint: String)
    /// Volumes are not the parts of one.
    case partsDoNotFit(path: String, reason: String, hint: String)
    /// A slice was asked for that has no row on the detector.
    case rowOutside(Int, rows: Range<Int>)
    /// Projections reached a reconstruction without a rotation centre.
    case centreUnknown
    /// No projection of a half acquisition has one half a turn later.
    case halfAcquisitionTooShort(degrees: Double)
    /// Half acquisition was asked for without a rotation centre.
    case halfAcquisitionNeedsCentre
    /// The settings of a method, as text, are not understood.
    case invalidSettings(String, reason: String, usage: String)
    /// A projection is too small for what is cut from it or put together.
    case projectionTooSmall(what: String, rows: Int, columns: Int)
    /// Slices are smaller than the part that is cut from their middle.
    case sliceTooSmall(width: Int, size: Int)
    /// The angle of a projection goes back, but windows over the angle need a steadily turning stage.
    case angleGoesBack(projection: Int, degrees: Double)
    /// A second scan with slices of another size was to be written into one volume.
    case volumeChanged(path: String)
    /// There was no slice to write.
    case emptyVolume(path: String)
    /// A reference volume has no slice for a row, or slices of another size.
    case referenceDoesNotFit(path: String, reason: String)
    /// No scan is being recorded that could be steered.
    case noRunningScan
    /// A run has not taken a steering in the time that it was given.
    case steeringNotTaken(Duration)

    /// What happened.
    public var summary: String {
        switch self {
        case .noAngles: "there is no projection to reconstruct from"
        case .invalidAngle(let projection): "the angle of projection \(projection) is not a finite number"
        case .invalidCentre: "the rotation centre is not a finite number"
        case .sinogramTooSmall(let angles, let columns):
            "a sinogram of \(angles) angles and \(columns) columns is too small to find its rotation centre"
        case .unknownFilter(let name): "there is no reconstruction filter named \(name)"
        case .noInput: "there is no scan to read"
        case .noFlats(let projection): "projection \(projection) came before any flat of its scan"
        case .flatsNotBrighter: "the flats are nowhere brighter than the darks"
        case .shapeChanged(let kind, let index): "\(kind) \(index) has another size than the frames before it"
        case .nonFinitePixels(let projection, let count):
            "projection \(projection) has \(count) pixels that are NaN or infinite after normalisation"
        case .centreOutside(let column, let columns):
            "the rotation centre \(column) is not on the detector, whose columns are 0 to \(columns - 1)"
        case .partIsEmpty(let part, let rows):
            "part \(part) of the scan is empty: \(rows) rows become slices, which go by pairs"
        case .otherPart(let recorded, let wanted):
            "part \(recorded) of the scan was recorded, not \(wanted.map { "part \($0)" } ?? "the whole")"
        case .detectorUnknown: "the scan does not say how many rows its detector has"
        case .optionsDoNotFit(let reason, _): reason
        case .partsDoNotFit(let path, let reason, _): "\(path): \(reason)"
        case .rowOutside(let row, let rows):
            "row \(row) is not on the detector, whose rows are \(rows.lowerBound) to \(rows.upperBound - 1)"
        case .centreUnknown: "a projection reached the reconstruction without a rotation centre"
        case .angleGoesBack(let projection, let degrees):
            "the angle goes back at projection \(projection), to \(degrees) degrees"
        case .halfAcquisitionTooShort(let degrees):
            "half acquisition needs a full turn, but the projections cover \(Int(degrees.rounded())) degrees"
        case .halfAcquisitionNeedsCentre: "half acquisition cannot find the rotation centre by itself"
        case .invalidSettings(let text, let reason, _): "‘\(text)’: \(reason)"
        case .projectionTooSmall(let what, let rows, let columns):
            "projections of \(rows) x \(columns) pixels are too small for \(what)"
        case .sliceTooSmall(let width, let size):
            "an image of \(width) columns cannot be cut from slices of \(size) x \(size) pixels"
        case .volumeChanged(let path): "\(path): slices of another size came for the same volume"
        case .emptyVolume(let path): "\(path): there was no slice to write"
        case .referenceDoesNotFit(let path, let reason): "\(path): the reference does not fit: \(reason)"
        case .noRunningScan: "no scan is running that could be steered"
        case .steeringNotTaken(let time): "no run took the change within \(time / .seconds(1)) s"
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .noAngles: "look at the number of projections in the scan, and at the window over its angles"
        case .invalidAngle: "look at the list of angles of the scan"
        case .invalidCentre: "give the centre as a column number of the detector, counted from 0"
        case .sinogramTooSmall:
            "give the centre; finding it takes \(VoCentre.minimumAngles) angles and \(VoCentre.minimumColumns) columns"
        case .unknownFilter: "filters are " + ReconstructionFilter.allCases.map(\.description).joined(separator: ", ")
        case .noInput: "give --input with a file or folder; only a replay does without"
        case .noFlats: "flats are images of the beam without the sample; record them before the projections"
        case .flatsNotBrighter: "were flats and darks exchanged, or was the shutter closed?"
        case .shapeChanged: "all frames of a scan must come from the same region of the detector"
        case .nonFinitePixels: "repair the data, or give --allow-non-finite to count such pixels as air"
        case .centreOutside: "columns are counted from 0; give --centre auto to have it found"
        case .partIsEmpty: "share the scan among fewer processes"
        case .otherPart(let recorded, _): "give --part \(recorded)"
        case .detectorUnknown:
            "record it with LiveTomography run, or with the property rows in the record that begins the scan"
        case .optionsDoNotFit(_, let hint), .partsDoNotFit(_, _, let hint): hint
        case .rowOutside: "rows are counted from 0; give --rows all for all of them"
        case .centreUnknown: "put FindCentre(...) before the window"
        case .angleGoesBack:
            "a window over the angle needs a steadily turning stage; use the latest projections (--window 377) or the whole scan"
        case .halfAcquisitionTooShort:
            "take projections over 360 degrees, or leave --half-acquisition out where the axis is near the middle"
        case .halfAcquisitionNeedsCentre: "give --centre: the column near the edge that the axis projects to"
        case .invalidSettings(_, _, let usage): "write \(usage)"
        case .projectionTooSmall:
            "what is cropped, binned or taken for air must fit into what was recorded, and into what earlier steps leave of it"
        case .sliceTooSmall: "give a smaller --width, or none"
        case .volumeChanged: "write each scan into a file of its own"
        case .emptyVolume: "the topic or the scan holds no projections"
        case .referenceDoesNotFit:
            "give a volume of the same scan with the same --rows and --width, or one that has all rows of the detector"
        case .noRunningScan: "begin a run first, and give its log with --log"
        case .steeringNotTaken:
            "the scan may have ended just now; a run with checkpoints takes it with the next one: give a longer --timeout"
        }
    }

    /// The kind of failure: the data's, except for what the user wrote.
    public var category: FailureCategory {
        switch self {
        case .noAngles, .invalidAngle, .sinogramTooSmall, .noFlats, .flatsNotBrighter, .shapeChanged, .nonFinitePixels,
            .angleGoesBack, .halfAcquisitionTooShort, .volumeChanged, .emptyVolume, .detectorUnknown, .partsDoNotFit,
            .referenceDoesNotFit:
            .data
        case .invalidCentre, .unknownFilter, .noInput, .centreOutside, .rowOutside, .halfAcquisitionNeedsCentre,
            .invalidSettings, .projectionTooSmall, .sliceTooSmall, .partIsEmpty, .otherPart, .optionsDoNotFit:
            .usage
        case .centreUnknown: .software
        case .noRunningScan: .unavailable
        case .steeringNotTaken: .temporary
        }
    }
}
