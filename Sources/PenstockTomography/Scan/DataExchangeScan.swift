internal import PenstockEvents
internal import PenstockFormats

/// An open Data Exchange file whose datasets fit together.
final class DataExchangeScan {
    /// The frames of one kind.
    struct Part {
        let kind: FrameKind
        let dataset: String
        let count: Int
        let pixelType: PixelType
        /// Frames that are read at a time.
        let framesPerBlock: Int
    }

    /// The bytes that are read at a time, unless one frame has more.
    static let blockBytes = 1 << 20

    let path: String
    let rows: Int
    let columns: Int
    let anglesDegrees: [Double]
    /// Darks, flats and projections, in the order in which they are read.
    let parts: [Part]
    private let allowsNonFinite: Bool
    private let file: HDF5File

    /// - Throws: `FormatError`, `TomographyError`, naming the file and the dataset.
    init(_ path: String, allowsNonFinite: Bool) throws {
        let file = try HDF5File(opening: path)
        let projections = try Self.part(.projection, "/exchange/data", of: file)
        let flats = try Self.part(.flat, "/exchange/data_white", of: file)
        var parts = [flats, projections]
        if try file.kind(of: "/exchange/data_dark") != nil {
            parts.insert(try Self.part(.dark, "/exchange/data_dark", of: file), at: 0)
        }
        let shape = try file.dataset(projections.dataset).shape
        (rows, columns) = (shape[1], shape[2])
        for part in parts where part.kind != .projection {
            let other = try file.dataset(part.dataset).shape
            guard other[1] == shape[1], other[2] == shape[2] else {
                throw FormatError(
                    .wrongShape, file: path, object: part.dataset,
                    "frames are \(other[1]) x \(other[2]), but the projections are \(shape[1]) x \(shape[2])",
                    hint: "flats, darks and projections must come from the same region of the detector")
            }
        }
        anglesDegrees = try Self.angles(of: file, count: projections.count)
        self.path = path
        self.allowsNonFinite = allowsNonFinite
        self.parts = parts.filter { $0.count > 0 }
        self.file = file
        try check(flats, projections)
    }

    /// What is known of the scan before its frames, for the record that begins it.
    var properties: [String: String] {
        var properties = [
            "source": path, "rows": "\(rows)", "columns": "\(columns)",
            "first_angle": "\(anglesDegrees.first ?? 0)", "last_angle": "\(anglesDegrees.last ?? 0)",
        ]
        for part in parts {
            switch part.kind {
            case .projection: properties["projections"] = "\(part.count)"
            case .flat: properties["flats"] = "\(part.count)"
            case .dark: properties["darks"] = "\(part.count)"
            }
        }
        return properties
    }

    /// Reads some frames of a part; their pixels share one memory.
    /// - Throws: `FormatError` for a file that ends too early, for pixels that are no numbers.
    func read(part index: Int, _ range: Range<Int>) throws -> [Payload] {
        let part = parts[index]
        let frameBytes = rows * columns * part.pixelType.byteCount
        let dataset = try file.dataset(part.dataset)
        let slab = Hyperslab(leading: range, of: dataset.shape)
        let block = try Payload(byteCount: range.count * frameBytes) { (bytes) throws(FormatError) in
            switch part.pixelType {
            case .u8: try dataset.read(slab, into: bytes.bindMemory(to: UInt8.self))
            case .u16: try dataset.read(slab, into: bytes.bindMemory(to: UInt16.self))
            case .u32: try dataset.read(slab, into: bytes.bindMemory(to: UInt32.self))
            case .f32: try dataset.read(slab, into: bytes.bindMemory(to: Float.self))
            }
        }
        try check(block, of: part, first: range.lowerBound)
        return range.map { offset in
            let start = (offset - range.lowerBound) * frameBytes
            return block[start..<start + frameBytes]
        }
    }

    private func check(_ block: Payload, of part: Part, first: Int) throws(FormatError) {
        if part.kind == .flat, block.withUnsafeBytes({ $0.allSatisfy { $0 == 0 } }) {
            throw FormatError(
                .wrongFormat, file: path, object: part.dataset, "the flats are zero everywhere",
                hint: "was the shutter closed? Without an image of the beam the projections cannot be normalised")
        }
        guard part.pixelType == .f32, !allowsNonFinite else { return }
        let pixelCount = rows * columns
        let bad = block.withValues(of: Float.self) { pixels in pixels.firstIndex { !$0.isFinite } }
        guard let bad else { return }
        throw FormatError(
            .wrongFormat, file: path, object: part.dataset,
            "\(part.kind) \(first + bad / pixelCount) has a pixel that is NaN or infinite, in row \(bad % pixelCount / columns), "
                + "column \(bad % columns)",
            hint: "repair the data, or give --allow-non-finite to count such pixels as air")
    }

    private static func part(
        _ kind: FrameKind, _ name: String, of file: borrowing HDF5File
    ) throws(FormatError) -> Part {
        let dataset = try file.dataset(name)
        guard dataset.shape.count == 3 else {
            throw FormatError(
                .wrongShape, file: file.path, object: name,
                "it has \(dataset.shape.count) dimensions, but frames are [frame, row, column]",
                hint: "is it a Data Exchange scan? A single frame needs a first dimension of 1")
        }
        let pixelType: PixelType
        switch dataset.elementType {
        case .u8: pixelType = .u8
        case .u16: pixelType = .u16
        case .u32: pixelType = .u32
        case .f32, .f64, .i8, .i16, .i32: pixelType = .f32
        case .u64, .i64:
            throw FormatError(
                .wrongType, file: file.path, object: name, "pixels are \(dataset.elementType.rawValue)",
                hint: "detector frames have 8, 16 or 32 bits; convert the file")
        }
        let frameBytes = dataset.shape[1] * dataset.shape[2] * pixelType.byteCount
        return Part(
            kind: kind, dataset: name, count: dataset.shape[0], pixelType: pixelType,
            framesPerBlock: max(1, blockBytes / max(1, frameBytes)))
    }

    private static func angles(of file: borrowing HDF5File, count: Int) throws -> [Double] {
        let name = "/exchange/theta"
        let angles = try file.readVector(name, as: Double.self)
        guard angles.count == count else {
            throw FormatError(
                .wrongShape, file: file.path, object: name, "there are \(angles.count) angles for \(count) projections",
                hint: "every projection of /exchange/data needs its angle")
        }
        if let bad = angles.firstIndex(where: { !$0.isFinite }) {
            throw FormatError(
                .wrongType, file: file.path, object: name, "the angle of projection \(bad) is not a finite number",
                hint: "repair the list of angles")
        }
        if looksLikeRadians(angles), try file.attribute("units", of: name) == nil {
            throw FormatError(
                .wrongType, file: file.path, object: name,
                "the \(angles.count) angles end at \(angles[angles.count - 1]): these look like radians",
                hint: "Data Exchange has degrees: multiply by 180/pi, or say units = deg in an attribute")
        }
        return angles
    }

    /// Whether the angles go once or twice through half a turn in radians, the end included or not. Short scans in degrees do not.
    private static func looksLikeRadians(_ angles: [Double]) -> Bool {
        guard angles.count > 10, let first = angles.first, let last = angles.last else { return false }
        let span = abs(last - first)
        let withStep = span * Double(angles.count) / Double(angles.count - 1)
        return [span, withStep].contains { angle in
            [Double.pi, 2 * Double.pi].contains { abs(angle - $0) < 0.002 * $0 }
        }
    }

    private func check(_ flats: Part, _ projections: Part) throws {
        guard projections.count >= 2 else {
            throw FormatError(
                .wrongShape, file: path, object: projections.dataset,
                projections.count == 0 ? "there are no projections" : "there is only one projection",
                hint: "a reconstruction needs projections from many angles")
        }
        guard rows >= 1, columns >= 2 else {
            throw FormatError(
                .wrongShape, file: path, object: projections.dataset, "projections are \(rows) x \(columns) pixels",
                hint: "a reconstruction needs at least one row and two columns")
        }
        guard flats.count > 0 else {
            throw FormatError(
                .wrongShape, file: path, object: flats.dataset, "there are no flats",
                hint: "without an image of the beam the projections cannot be normalised")
        }
    }
}
