internal import PenstockFormats

/// Reads an entry of the NeXus application definition NXtomo (https://manual.nexusformat.org/classes/applications/NXtomo.html): frames of
/// all kinds in one dataset in the order of the scan, each with its `image_key` and its angle.
enum NXtomoEntry {
    /// The values of `image_key`.
    private enum Key {
        static let projection = 0
        static let flat = 1
        static let dark = 2
        static let invalid = 3
    }

    /// The group whose `definition` is `NXtomo`, at the top or one below it; nil where there is none.
    static func name(in file: borrowing HDF5File) throws(FormatError) -> String? {
        for entry in try file.children() where try isEntry("/" + entry, in: file) { return "/" + entry }
        for entry in try file.children() where try file.kind(of: "/" + entry) == .group {
            for inner in try file.children(of: "/" + entry) where try isEntry("/\(entry)/\(inner)", in: file) {
                return "/\(entry)/\(inner)"
            }
        }
        return nil
    }

    /// Frames in the order of the file, so that flats and darks between projections keep their place; invalid ones are left out.
    ///
    /// A set of flats or darks that comes only behind the first projection is read before it: the projections in front could else not be
    /// normalised. That cannot be done while the file is written.
    /// - Throws: `missingDataset`, `wrongShape`, `wrongType`.
    static func open(
        _ entry: String, of file: borrowing HDF5File, isWritten: Bool = false
    ) throws(FormatError) -> StoredScan {
        let frames = try HDF5Frames(path("data", "instrument/detector", entry, file), of: file)
        let keyName = try path("image_key", "instrument/detector", entry, file)
        let rotation = try path("rotation_angle", "sample", entry, file)
        let angleName = try file.kind(of: rotation) == nil ? nil : rotation
        if isWritten {
            let growth = try GrowingNXtomo(frames, keys: keyName, angles: angleName, of: file)
            return try StoredScan(growing: growth, [file.path])
        }
        let keys = try file.readVector(keyName, as: Int64.self)
        try check(keys.count, "image key", keyName, frames)
        let kinds = try kinds(keys[...], keyName, file.path)
        var found: ProjectionAngles?
        if let angleName {
            let values = try file.readVector(angleName, as: Double.self)
            try check(values.count, "angle", angleName, frames)
            found = ProjectionAngles(
                values: angles(values, of: kinds), unit: try AngleUnit(of: angleName, in: file), file: file.path,
                object: angleName)
        }
        return StoredScan(sections: inUsableOrder(sections(kinds, frames)), angles: found, files: [file.path])
    }

    private static func check(
        _ count: Int, _ one: String, _ name: String, _ frames: HDF5Frames
    ) throws(FormatError) {
        guard count != frames.count else { return }
        throw FormatError(
            .wrongShape, file: frames.file, object: name, "there are \(count) \(one)s for \(frames.count) frames",
            hint: "every frame of \(frames.name) needs its \(one), also flats and darks; was the scan aborted?")
    }

    /// What the frames show, by their keys; nil for invalid ones.
    static func kinds(_ keys: ArraySlice<Int64>, _ name: String, _ file: String) throws(FormatError) -> [FrameKind?] {
        try keys.enumerated().map { (frame, key) throws(FormatError) in
            try kind(Int(key), frame: frame, name, file)
        }
    }

    /// The angles of the projections among those of all frames.
    static func angles(_ values: [Double], of kinds: [FrameKind?]) -> [Double] {
        zip(kinds, values).filter { $0.0 == .projection }.map(\.1)
    }

    /// Runs of frames of the same kind.
    static func sections(_ kinds: [FrameKind?], _ frames: any StoredFrames) -> [ScanSection] {
        guard !kinds.isEmpty else { return [] }
        var sections: [ScanSection] = []
        var start = 0
        for end in 1...kinds.count where end == kinds.count || kinds[end] != kinds[start] {
            if let kind = kinds[start] { sections.append(ScanSection(kind, frames, start..<end)) }
            start = end
        }
        return sections
    }

    /// With the first flats and darks in front, where projections would come before them.
    private static func inUsableOrder(_ found: [ScanSection]) -> [ScanSection] {
        var sections = found
        for kind in [FrameKind.flat, .dark] {
            guard let first = sections.firstIndex(where: { $0.kind == kind }),
                sections[..<first].contains(where: { $0.kind == .projection })
            else { continue }
            sections.insert(sections.remove(at: first), at: 0)
        }
        return sections
    }

    private static func kind(
        _ key: Int, frame: Int, _ name: String, _ file: String
    ) throws(FormatError) -> FrameKind? {
        switch key {
        case Key.projection: return .projection
        case Key.flat: return .flat
        case Key.dark: return .dark
        case Key.invalid: return nil
        default:
            throw FormatError(
                .wrongType, file: file, object: name, "the image key of frame \(frame) is \(key)",
                hint: "NXtomo has 0 for projections, 1 for flats, 2 for darks and 3 for invalid frames")
        }
    }

    /// A field in its group, or the link to it in `data`.
    private static func path(
        _ field: String, _ group: String, _ entry: String, _ file: borrowing HDF5File
    ) throws(FormatError) -> String {
        let name = "\(entry)/\(group)/\(field)"
        guard try file.kind(of: name) == nil else { return name }
        let link = "\(entry)/data/\(field)"
        return try file.kind(of: link) == nil ? name : link
    }

    private static func isEntry(_ group: String, in file: borrowing HDF5File) throws(FormatError) -> Bool {
        let name = group + "/definition"
        guard try file.kind(of: name) == .dataset else { return false }
        do throws(FormatError) {
            return try file.readString(name) == "NXtomo"
        } catch {
            // Something else of this name, such as a number, in a group that has nothing to do with NeXus.
            guard error.code == .wrongType || error.code == .wrongShape else { throw error }
            return false
        }
    }
}
