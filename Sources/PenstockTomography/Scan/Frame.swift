public import PenstockEvents

/// What a detector frame shows.
public enum FrameKind: UInt8, Sendable, Hashable, CaseIterable {
    /// The sample at an angle.
    case projection = 0
    /// The beam without the sample.
    case flat = 1
    /// The detector without the beam.
    case dark = 2
    /// Nothing: in place of pixels there is a change of the running scan, a `Steering`.
    case steering = 3
}

/// The type of the pixels of a frame, little-endian.
public enum PixelType: UInt8, Sendable, Hashable, CaseIterable {
    /// Unsigned integers of 8 bits.
    case u8 = 0
    /// Unsigned integers of 16 bits.
    case u16 = 1
    /// Unsigned integers of 32 bits.
    case u32 = 2
    /// IEEE 754 numbers of 32 bits.
    case f32 = 3

    /// The bytes of a pixel.
    public var byteCount: Int {
        switch self {
        case .u8: 1
        case .u16: 2
        case .u32, .f32: 4
        }
    }
}

/// A frame as the detector gave it: an event with the pixels as its payload.
///
/// Flats and darks are events of the stream like projections; `FlatField` uses them.
public struct Frame: Event {
    /// The scan.
    public var scan: ScanID
    /// The stage angle in degrees; used for projections only.
    public var angleDegrees: Double
    /// The number of the frame among those of its kind in the scan, from 0; of a steering the number of the projection that comes next.
    public var index: Int
    /// The number of detector rows.
    public var rows: Int
    /// The number of detector columns.
    public var columns: Int
    /// The row of the whole detector with which the frame begins; even, because slices are reconstructed in pairs.
    public var firstRow: Int
    /// What the frame shows.
    public var kind: FrameKind
    /// The type of the pixels.
    public var pixelType: PixelType
    /// The pixels, `[row, column]`.
    public var pixels: Payload

    /// What the records of a topic of frames hold.
    public static let schema = Schema(
        "Frame",
        fields: [
            .init("scan", .u64), .init("angle", .f64, unit: "deg"), .init("index", .u32), .init("rows", .u32),
            .init("columns", .u32), .init("first_row", .u32), .init("kind", .u8), .init("pixel_type", .u8),
        ], payload: .init("pixels", .bytes, unit: "counts"))

    /// A frame.
    public init(
        scan: ScanID, kind: FrameKind, index: Int, angleDegrees: Double, rows: Int, columns: Int, firstRow: Int = 0,
        pixelType: PixelType, pixels: Payload
    ) {
        precondition(pixels.count == rows * columns * pixelType.byteCount, "a frame has rows x columns pixels")
        self.scan = scan
        self.kind = kind
        self.index = index
        self.angleDegrees = angleDegrees
        self.rows = rows
        self.columns = columns
        self.firstRow = firstRow
        self.pixelType = pixelType
        self.pixels = pixels
    }

    /// Projections count in progress; flats and darks do not.
    public var countsInProgress: Bool { kind == .projection }

    /// Writes the attributes in the schema's order and the pixels as the payload.
    public func write(to record: inout RecordWriter) {
        record.append(scan.number)
        record.append(angleDegrees)
        record.append(UInt32(index))
        record.append(UInt32(rows))
        record.append(UInt32(columns))
        record.append(UInt32(firstRow))
        record.append(kind.rawValue)
        record.append(pixelType.rawValue)
        record.setPayload(pixels)
    }

    /// Reads a frame back; its pixels stay where the log has them.
    public init(reading record: inout RecordReader) throws(RecordError) {
        scan = ScanID(try record.readInteger())
        angleDegrees = try record.readDouble()
        index = Int(try record.readInteger(UInt32.self))
        rows = Int(try record.readInteger(UInt32.self))
        columns = Int(try record.readInteger(UInt32.self))
        firstRow = Int(try record.readInteger(UInt32.self))
        guard let kind = FrameKind(rawValue: try record.readInteger()) else { throw .invalidField("kind of frame") }
        guard let pixelType = PixelType(rawValue: try record.readInteger()) else { throw .invalidField("pixel type") }
        self.kind = kind
        self.pixelType = pixelType
        pixels = record.payload
        guard pixels.count == rows * columns * pixelType.byteCount else {
            throw .invalidField("\(pixels.count) bytes of pixels for \(rows) x \(columns) of \(pixelType)")
        }
    }
}
