internal import PenstockFormats

/// Detector frames of one shape and type in a file or a folder, which are read by their number.
protocol StoredFrames: AnyObject {
    /// The file or folder.
    var file: String { get }
    /// What holds them inside the file, for messages: a dataset; nil where they are all that the file holds.
    var object: String? { get }
    /// The number of frames.
    var count: Int { get }
    /// The rows of each.
    var rows: Int { get }
    /// The columns of each.
    var columns: Int { get }
    /// What their numbers are read as.
    var pixelType: PixelType { get }

    /// Reads some rows of some of them, `[frame, row, column]`.
    /// - Precondition: `bytes` has their size.
    /// - Throws: `FormatError`, naming what cannot be read.
    func read(
        _ range: Range<Int>, rows: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws(FormatError)
}

extension StoredFrames {
    /// The bytes of a row of a frame.
    var rowBytes: Int { columns * pixelType.byteCount }

    /// An error about these frames.
    func error(_ code: FormatError.Code, _ reason: String, hint: String?) -> FormatError {
        FormatError(code, file: file, object: object, reason, hint: hint)
    }
}

extension PixelType {
    /// What numbers of a file are read as. Signed integers become floating-point numbers, since frames have none.
    /// - Throws: `wrongType` for integers of 64 bits, which no detector gives.
    init(reading type: ElementType, file: String, object: String?) throws(FormatError) {
        switch type {
        case .u8: self = .u8
        case .u16: self = .u16
        case .u32: self = .u32
        case .f32, .f64, .i8, .i16, .i32: self = .f32
        case .u64, .i64:
            throw FormatError(
                .wrongType, file: file, object: object, "pixels are \(type.rawValue)",
                hint: "detector frames have 8, 16 or 32 bits; convert the file")
        }
    }
}
