internal import PenstockFormats

/// A scan that another program still writes: frames and angles are added at the end.
protocol GrowingScan: AnyObject {
    /// Looks again. What was there at the last look is there still, at the same places; the last section may have become longer, and others
    /// may stand behind it.
    /// - Returns: The frames that can be read, and all angles; nil where the format has none.
    func look() throws(FormatError) -> (sections: [ScanSection], angles: ProjectionAngles?)

    /// Whether the writer said, at the last look, that nothing will be added.
    func isComplete() throws(FormatError) -> Bool

    /// Why what comes next cannot be read so far, although it is there.
    var obstacle: FormatError? { get }
}

extension GrowingScan {
    /// Nothing.
    var obstacle: FormatError? { nil }
}

/// What says the end of an HDF5 file that is written with single-writer, multiple-readers access: an attribute of the frames that is not 0. The
/// writer makes it before it begins, with 0, since attributes cannot be added later.
enum EndMark {
    static let attribute = "complete"
}

/// A Data Exchange file that is still written, with single-writer, multiple-readers access.
final class GrowingDataExchange: GrowingScan {
    private let earlier: [ScanSection]
    private let projections: HDF5Frames
    private var theta: HDF5Dataset?
    private let unit: AngleUnit?
    private let file: String

    /// - Parameter earlier: The flats and darks, which are complete.
    init(
        _ projections: HDF5Frames, behind earlier: [ScanSection], of file: borrowing HDF5File
    ) throws(FormatError) {
        self.earlier = earlier
        self.projections = projections
        let hasAngles = try file.kind(of: DataExchange.theta) != nil
        theta = hasAngles ? try file.dataset(DataExchange.theta) : nil
        unit = hasAngles ? try AngleUnit(of: DataExchange.theta, in: file) : nil
        self.file = file.path
    }

    func look() throws(FormatError) -> (sections: [ScanSection], angles: ProjectionAngles?) {
        try projections.refresh()
        try theta?.refresh()
        let values: [Double]? = try theta?.readAll()
        return (
            earlier + [ScanSection(.projection, projections)],
            values.map { ProjectionAngles(values: $0, unit: unit, file: file, object: DataExchange.theta) }
        )
    }

    func isComplete() throws(FormatError) -> Bool { try projections.hasMark(EndMark.attribute) }
}

/// An NXtomo entry that is still written, with single-writer, multiple-readers access. Frames count as far as their keys and angles have come.
final class GrowingNXtomo: GrowingScan {
    private let frames: HDF5Frames
    private var keys: HDF5Dataset
    private var angles: HDF5Dataset?
    private let unit: AngleUnit?
    private let file: String

    init(
        _ frames: HDF5Frames, keys keyName: String, angles angleName: String?, of file: borrowing HDF5File
    ) throws(FormatError) {
        self.frames = frames
        keys = try file.dataset(keyName)
        if let angleName {
            angles = try file.dataset(angleName)
            unit = try AngleUnit(of: angleName, in: file)
        } else {
            angles = nil
            unit = nil
        }
        self.file = file.path
    }

    func look() throws(FormatError) -> (sections: [ScanSection], angles: ProjectionAngles?) {
        // Angles and keys before frames: what a frame needs is there when it is.
        try angles?.refresh()
        try keys.refresh()
        try frames.refresh()
        let keyNumbers: [Int64] = try keys.readAll()
        let values: [Double]? = try angles?.readAll()
        let count = min(frames.count, keyNumbers.count, values?.count ?? .max)
        let kinds = try NXtomoEntry.kinds(keyNumbers.prefix(count), keys.name, file)
        let sections = NXtomoEntry.sections(kinds, frames)
        guard let values, let name = angles?.name else { return (sections, nil) }
        return (
            sections,
            ProjectionAngles(
                values: NXtomoEntry.angles(values, of: kinds), unit: unit, file: file, object: name)
        )
    }

    func isComplete() throws(FormatError) -> Bool { try frames.hasMark(EndMark.attribute) }
}
