internal import Glibc
internal import PenstockFormats

/// Frames of one kind that follow each other in a scan and in their storage.
struct ScanSection {
    /// What they show.
    var kind: FrameKind
    /// Where they are.
    var frames: any StoredFrames
    /// Their numbers in the storage.
    var range: Range<Int>

    /// All frames of a storage.
    init(_ kind: FrameKind, _ frames: any StoredFrames) {
        self.init(kind, frames, 0..<frames.count)
    }

    /// Some frames of a storage.
    init(_ kind: FrameKind, _ frames: any StoredFrames, _ range: Range<Int>) {
        self.kind = kind
        self.frames = frames
        self.range = range
    }
}

extension [ScanSection] {
    /// The number of all frames.
    var frameCount: Int { lazy.map(\.range.count).reduce(0, +) }

    /// The number of frames of a kind.
    func count(of kind: FrameKind) -> Int { lazy.filter { $0.kind == kind }.map(\.range.count).reduce(0, +) }

    /// What comes before the projection with the number `count`.
    func first(projections count: Int) -> [ScanSection] {
        var left = count
        var result: [ScanSection] = []
        for section in self {
            guard section.kind == .projection, section.range.count > left else {
                if section.kind == .projection { left -= section.range.count }
                result.append(section)
                continue
            }
            var part = section
            part.range = section.range.prefix(left)
            if !part.range.isEmpty { result.append(part) }
            break
        }
        return result
    }
}

/// What a reader of one format found: all that differs between the formats.
struct StoredScan {
    /// Frames in the order of the scan; kinds may alternate.
    var sections: [ScanSection]
    /// An angle for each projection; nil where the format has none.
    var angles: ProjectionAngles?
    /// The files that were opened, for a checksum.
    var files: [String]
    /// What the file has by now, where it is still written.
    var growth: (any GrowingScan)?

    /// A scan that is complete.
    init(sections: [ScanSection], angles: ProjectionAngles?, files: [String]) {
        (self.sections, self.angles, self.files) = (sections, angles, files)
    }

    /// A scan that is still written, as it is now.
    init(growing growth: any GrowingScan, _ files: [String]) throws(FormatError) {
        (sections, angles) = try growth.look()
        (self.growth, self.files) = (growth, files)
    }

    /// Opens whatever is at `path`: a folder or a file of TIFF images, a Data Exchange file or one with an NXtomo entry.
    /// - Parameters:
    ///   - kind: What TIFF images show: they do not say it themselves.
    ///   - isWritten: Whether another program still writes it.
    /// - Throws: `FormatError`, also for a file of none of these formats.
    static func open(
        _ path: String, tiffShows kind: FrameKind = .projection, isWritten: Bool = false
    ) throws(FormatError) -> StoredScan {
        switch try FileKind(of: path) {
        case .folder where isWritten: return try StoredScan(growing: GrowingTIFFFolder(path), [])
        case .tiff where isWritten:
            throw FormatError(
                .wrongFormat, file: path, "is one TIFF file, which cannot be followed while it is written",
                hint: "--follow takes a folder that is filled with TIFF files, or an HDF5 file")
        case .folder, .tiff:
            let frames = try TIFFFrames(path)
            return StoredScan(sections: [ScanSection(kind, frames)], angles: nil, files: frames.files)
        case .hdf5:
            let file = try HDF5File(opening: path, whileWritten: isWritten)
            if let entry = try NXtomoEntry.name(in: file) {
                return try NXtomoEntry.open(entry, of: file, isWritten: isWritten)
            }
            return try DataExchange.open(file, isWritten: isWritten)
        case .other:
            var status = stat()
            if stat(path, &status) == 0, status.st_size == 0 {
                throw FormatError(
                    .wrongFormat, file: path, "is empty, 0 bytes",
                    hint: "was it copied in full, and has the detector's program begun to write it?")
            }
            throw FormatError(
                .wrongFormat, file: path, "is neither an HDF5 nor a TIFF file",
                hint: "scans are Data Exchange or NXtomo files, TIFF files of several pages, or folders of TIFF files")
        }
    }

    /// The sections of one kind out of whatever is at `path`, to take the place of others.
    /// - Throws: `FormatError`; `wrongShape` where there are none.
    static func sections(of kind: FrameKind, at path: String) throws(FormatError) -> (
        sections: [ScanSection], files: [String]
    ) {
        let scan = try open(path, tiffShows: kind)
        let found = scan.sections.filter { $0.kind == kind && !$0.range.isEmpty }
        guard !found.isEmpty else {
            throw FormatError(
                .wrongShape, file: path, "there are no \(kind)s in it", hint: "name the file or folder that has them")
        }
        return (found, scan.files)
    }
}
