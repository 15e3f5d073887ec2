internal import Glibc
internal import PenstockEvents
internal import PenstockFormats

/// An open scan whose frames and angles fit together, of whatever format.
final class OpenScan {
    /// The bytes that are read at a time, unless one frame has more.
    static let blockBytes = 1 << 20

    let path: String
    /// The rows of the detector.
    let rows: Int
    let columns: Int
    /// The rows of the detector that are read.
    let rowsRead: Range<Int>
    /// An angle for each projection.
    private(set) var anglesDegrees: [Double]
    /// The frames, in the order in which they are read.
    private(set) var sections: [ScanSection]
    /// What the file has by now, where it is still written.
    let growth: (any GrowingScan)?
    /// The angles that the user gives.
    private let listed: ProjectionAngles?
    private let others: OtherFrames
    private let angleUnit: AngleUnit?
    private let surplusAngles: Int
    private let files: [String]
    private let options: ScanFile.Options

    /// - Throws: `FormatError`, naming the file and the dataset; `TomographyError` for a part of a scan without rows.
    init(_ path: String, _ options: ScanFile.Options) throws {
        var scan = try StoredScan.open(path, isWritten: options.followTimeout != nil)
        var others = OtherFrames()
        for (kind, other) in [(FrameKind.flat, options.flats), (.dark, options.darks)] {
            guard let other else { continue }
            let found = try StoredScan.sections(of: kind, at: other)
            others.add(found.sections, of: kind)
            scan.files += found.files.filter { !scan.files.contains($0) }
        }
        listed = try options.angles?.read()
        if let listed { scan.files.append(listed.file) }
        if let growth = scan.growth {
            try Self.waitForProjections(
                path, &scan, growth, others, listed?.values.count, options.followTimeout ?? .zero)
        }
        scan.sections = others.replace(in: scan.sections)
        (rows, columns) = try Self.checkedSize(scan, path)
        guard var angles = listed ?? scan.angles else {
            throw FormatError(
                .missingDataset, file: path, "there are no angles",
                hint: "give --angles FILE with an angle on each line")
        }
        // Angles that come as the scan goes on count as degrees unless somebody says otherwise: the first ones look like anything.
        let isGrowing = scan.growth != nil && listed == nil
        angles.givenUnit = options.angleUnit ?? (isGrowing ? angles.unit ?? .degrees : nil)
        if scan.growth != nil { scan.sections = scan.sections.first(projections: angles.values.count) }
        let count = scan.sections.count(of: .projection)
        surplusAngles = scan.growth == nil ? angles.values.count - count : 0
        angleUnit = angles.givenUnit ?? angles.unit
        anglesDegrees = try Self.degrees(angles, count, scan.growth != nil, options)
        rowsRead = try options.part?.read(ofDetector: rows) ?? 0..<rows
        growth = scan.growth
        self.path = path
        self.options = options
        self.others = others
        sections = scan.sections
        files = scan.files
    }

    /// What is known of the scan before its frames, for the record that begins it.
    /// - Throws: `FormatError` where files cannot be read for their checksum.
    func properties() throws(FormatError) -> [String: String] {
        var properties = [
            "source": path, ScanProperties.rows: "\(rowsRead.count)", "columns": "\(columns)",
            "first_angle": "\(anglesDegrees.first ?? 0)",
        ]
        if let part = options.part {
            properties[ScanProperties.part] = "\(part.part)"
            properties[ScanProperties.detectorRows] = "\(rows)"
        }
        if surplusAngles > 0 { properties[ScanProperties.surplusAngles] = "\(surplusAngles)" }
        if angleUnit == .radians { properties["angle_unit"] = "rad, converted to degrees" }
        // Of a scan that is still written a list of angles may say how many projections there will be, and nobody its checksum.
        if growth != nil {
            if let listed { properties["projections"] = "\(listed.values.count)" }
            return properties
        }
        properties["last_angle"] = "\(anglesDegrees.last ?? 0)"
        for (kind, name) in [(FrameKind.projection, "projections"), (.flat, "flats"), (.dark, "darks")] {
            let count = sections.count(of: kind)
            if count > 0 { properties[name] = "\(count)" }
        }
        if options.takesChecksum { properties["sha256"] = try FileChecksum.sha256(files) }
        return properties
    }

    /// Looks at what has been added to a scan that is still written; false where there is nothing new.
    /// - Throws: `FormatError`; `wrongType` for angles that are no numbers.
    func grow() throws(FormatError) -> Bool {
        guard let growth else { return false }
        let found = try growth.look()
        guard var angles = listed ?? found.angles else { return false }
        angles.givenUnit = angleUnit ?? .degrees
        let now = others.replace(in: found.sections).first(projections: angles.values.count)
        guard now.frameCount > sections.frameCount else { return false }
        sections = now
        anglesDegrees = try Self.degrees(angles, now.count(of: .projection), true, options)
        return true
    }

    /// Whether nothing more comes into a scan that is still written: its writer says so, or the list of angles is through.
    func isComplete() throws(FormatError) -> Bool {
        guard let growth else { return true }
        if let listed, anglesDegrees.count == listed.values.count { return true }
        return try growth.isComplete()
    }

    /// Angles of the first `count` projections.
    private static func degrees(
        _ angles: ProjectionAngles, _ count: Int, _ isGrowing: Bool, _ options: ScanFile.Options
    ) throws(FormatError) -> [Double] {
        // A list says what the whole scan has: all of it tells the unit.
        let all = isGrowing && angles.object == nil ? angles.values.count : count
        return try angles.degrees(count: all).prefix(count).map { $0 + options.angleOffsetDegrees }
    }

    /// Waits until a scan that is still written has two projections, or nothing comes for so long, and takes what is there.
    private static func waitForProjections(
        _ path: String, _ scan: inout StoredScan, _ growth: any GrowingScan, _ others: OtherFrames, _ listed: Int?,
        _ timeout: Duration
    ) throws(FormatError) {
        let begin = ContinuousClock.now
        while true {
            (scan.sections, scan.angles) = try growth.look()
            let angles = listed ?? scan.angles?.values.count ?? .max
            let count = min(scan.sections.count(of: .projection), angles)
            guard count < 2 else { return }
            guard .now - begin < timeout, try !growth.isComplete() else {
                if let obstacle = growth.obstacle { throw obstacle }
                guard count == 0 else { return }
                throw FormatError(
                    .wrongShape, file: path, "no projections came within \(timeout / .seconds(1)) s",
                    hint: "is the detector's program running, and does it write here? A longer --follow waits longer")
            }
            usleep(20_000)
        }
    }

    /// The frames of a section that are read at a time.
    func framesPerBlock(of section: ScanSection) -> Int {
        max(1, Self.blockBytes / (rowsRead.count * section.frames.rowBytes))
    }

    /// Reads some frames of a section; their pixels share one memory.
    /// - Parameters:
    ///   - offsets: Which, counted from the beginning of the section.
    ///   - firstIndex: The number of the first of them among all frames of its kind, for messages.
    /// - Throws: `FormatError` for a file that ends too early, for pixels that are no numbers.
    func read(_ section: Int, _ offsets: Range<Int>, firstIndex: Int) throws(FormatError) -> [Payload] {
        let section = sections[section]
        let frameBytes = rowsRead.count * section.frames.rowBytes
        let first = section.range.lowerBound + offsets.lowerBound
        let block = try Payload(byteCount: offsets.count * frameBytes) { (bytes) throws(FormatError) in
            try section.frames.read(first..<first + offsets.count, rows: rowsRead, into: bytes)
        }
        try check(block, of: section, firstIndex: firstIndex)
        return offsets.map { offset in
            let start = (offset - offsets.lowerBound) * frameBytes
            return block[start..<start + frameBytes]
        }
    }

    private func check(_ block: Payload, of section: ScanSection, firstIndex: Int) throws(FormatError) {
        if section.kind == .flat, block.withUnsafeBytes({ $0.allSatisfy { $0 == 0 } }) {
            throw section.frames.error(
                .wrongFormat, "the flats are zero everywhere",
                hint: "was the shutter closed? Without an image of the beam the projections cannot be normalised")
        }
        guard section.frames.pixelType == .f32, !options.allowsNonFinite else { return }
        let pixelCount = rowsRead.count * columns
        let bad = block.withValues(of: Float.self) { pixels in pixels.firstIndex { !$0.isFinite } }
        guard let bad else { return }
        throw section.frames.error(
            .wrongFormat,
            "\(section.kind) \(firstIndex + bad / pixelCount) has a pixel that is NaN or infinite, in row "
                + "\(rowsRead.lowerBound + bad % pixelCount / columns), column \(bad % columns)",
            hint: "repair the data, or give --allow-non-finite to count such pixels as air")
    }

    /// The size of the frames, once all have the same and there are enough of each kind.
    private static func checkedSize(_ scan: StoredScan, _ path: String) throws(FormatError) -> (rows: Int, columns: Int)
    {
        let count = scan.sections.count(of: .projection)
        guard count >= 2, let projections = scan.sections.first(where: { $0.kind == .projection })?.frames else {
            throw FormatError(
                .wrongShape, file: path, count == 0 ? "there are no projections" : "there is only one projection",
                hint: "a reconstruction needs projections from many angles")
        }
        guard projections.rows >= 1, projections.columns >= 2 else {
            throw projections.error(
                .wrongShape, "projections are \(projections.rows) x \(projections.columns) pixels",
                hint: "a reconstruction needs at least one row and two columns")
        }
        for section in scan.sections {
            let other = section.frames
            guard other.rows == projections.rows, other.columns == projections.columns else {
                throw other.error(
                    .wrongShape,
                    "frames are \(other.rows) x \(other.columns), but the projections are "
                        + "\(projections.rows) x \(projections.columns)",
                    hint: "flats, darks and projections must come from the same region of the detector")
            }
        }
        guard scan.sections.count(of: .flat) > 0 else {
            throw FormatError(
                .wrongShape, file: path, "there are no flats",
                hint: "without an image of the beam the projections cannot be normalised; give --flats FILE")
        }
        return (projections.rows, projections.columns)
    }
}
