internal import Glibc
internal import PenstockFormats

/// A scan in a file that another program still writes: projections and their angles are added at the end.
protocol GrowingScan: AnyObject {
    /// How many projections there were at the last look.
    var projectionCount: Int { get }

    /// Looks again, and gives all angles that there are.
    func refresh() throws(FormatError) -> ProjectionAngles

    /// Whether the writer said, at the last look, that nothing will be added.
    func isComplete() throws(FormatError) -> Bool
}

extension StoredScan {
    /// Waits until a scan that is still written has two projections, or nothing comes for so long, and takes what is there.
    ///
    /// Angles count as degrees unless the file or the user says otherwise: the first ones of a scan look like anything.
    mutating func waitForProjections(_ timeout: Duration) throws(FormatError) {
        guard let growth, let last = sections.indices.last else { return }
        let begin = ContinuousClock.now
        let givenUnit = angles?.givenUnit
        while true {
            var found = try growth.refresh()
            found.givenUnit = givenUnit ?? found.unit ?? .degrees
            angles = found
            sections[last].range = 0..<min(growth.projectionCount, found.values.count)
            guard sections[last].range.count < 2, .now - begin < timeout, try !growth.isComplete() else { return }
            usleep(20_000)
        }
    }
}

/// A Data Exchange file that is written with HDF5's single-writer, multiple-readers access. Its end is said by an attribute `complete` of
/// `/exchange/data` that is not 0: the writer makes it before it begins, with 0, since attributes cannot be added later.
final class GrowingDataExchange: GrowingScan {
    private static let mark = "complete"

    private let projections: HDF5Frames
    private var theta: HDF5Dataset
    private let unit: AngleUnit?
    private let file: String

    /// - Throws: `missingDataset` where there are no angles.
    init(_ projections: HDF5Frames, of file: borrowing HDF5File) throws(FormatError) {
        self.projections = projections
        theta = try file.dataset(DataExchange.theta)
        unit = try AngleUnit(of: DataExchange.theta, in: file)
        self.file = file.path
    }

    var projectionCount: Int { projections.count }

    func refresh() throws(FormatError) -> ProjectionAngles {
        try projections.refresh()
        try theta.refresh()
        return ProjectionAngles(values: try theta.readAll(), unit: unit, file: file, object: DataExchange.theta)
    }

    func isComplete() throws(FormatError) -> Bool { try projections.hasMark(Self.mark) }
}
