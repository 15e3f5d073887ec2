internal import PenstockFormats

/// Reads the layout of Data Exchange files: `/exchange/data`, `data_white`, `data_dark` and `theta`.
///
/// F. De Carlo et al., "Scientific data exchange: a schema for HDF5-based storage of raw and analyzed data", J. Synchrotron Rad. 21,
/// 1224, 2014, DOI 10.1107/S160057751401604X.
enum DataExchange {
    private static let group = "/exchange"

    /// Darks, flats, then projections; darks and flats where they are there.
    /// - Parameter isWritten: Whether another program still adds projections and angles.
    /// - Throws: `missingDataset`, `wrongShape`, `wrongType`.
    static func open(_ file: borrowing HDF5File, isWritten: Bool = false) throws(FormatError) -> StoredScan {
        guard try file.kind(of: group) == .group else {
            let names = try file.children()
            throw FormatError(
                .wrongFormat, file: file.path, "holds neither a Data Exchange scan nor an NXtomo entry",
                hint: names.isEmpty
                    ? "the file is empty"
                    : "Data Exchange has its frames in /exchange/data; this file holds \(names.prefix(8).joined(separator: ", "))"
            )
        }
        let projections = try HDF5Frames("/exchange/data", of: file)
        var sections: [ScanSection] = []
        for (kind, name) in [(FrameKind.dark, "/exchange/data_dark"), (.flat, "/exchange/data_white")]
        where try file.kind(of: name) != nil {
            sections.append(ScanSection(kind, try HDF5Frames(name, of: file)))
        }
        if isWritten {
            return try StoredScan(growing: GrowingDataExchange(projections, behind: sections, of: file), [file.path])
        }
        sections.append(ScanSection(.projection, projections))
        return StoredScan(sections: sections, angles: try angles(of: file), files: [file.path])
    }

    static let theta = "/exchange/theta"

    private static func angles(of file: borrowing HDF5File) throws(FormatError) -> ProjectionAngles? {
        guard try file.kind(of: theta) != nil else { return nil }
        return ProjectionAngles(
            values: try file.readVector(theta), unit: try AngleUnit(of: theta, in: file), file: file.path, object: theta
        )
    }
}
