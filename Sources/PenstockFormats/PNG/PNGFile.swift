internal import CPNG

/// Writes and reads PNG images of 8 bits a channel: grey, or red, green and blue.
public enum PNGFile {
    /// What the bytes of a pixel mean.
    public enum Channels: Int, Sendable, Hashable {
        /// One byte: brightness, sRGB.
        case grey = 1
        /// Three bytes: red, green, blue, sRGB.
        case rgb = 3
    }

    /// The longest side of an image that is read, in pixels: a bound of memory against files made to exhaust it.
    public static let sidePixelsMax = 65_535

    /// The bytes of a PNG file. The same pixels give the same bytes with the same libpng and zlib.
    /// - Precondition: `pixels` has `rows * columns` pixels, at least one, row by row from the top.
    /// - Throws: `writeFailed`.
    public static func encode(
        _ pixels: UnsafeRawBufferPointer, rows: Int, columns: Int, channels: Channels, file: String = "image.png"
    ) throws(FormatError) -> [UInt8] {
        precondition(rows > 0 && columns > 0 && pixels.count == rows * columns * channels.rawValue)
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        image.width = UInt32(columns)
        image.height = UInt32(rows)
        image.format = format(channels)
        defer { png_image_free(&image) }
        var count = penstock_png_size_max(image)
        var bytes = [UInt8](repeating: 0, count: count)
        guard png_image_write_to_memory(&image, &bytes, &count, 0, pixels.baseAddress, 0, nil) != 0 else {
            throw FormatError(.writeFailed, file: file, "cannot be encoded as PNG: \(message(image))")
        }
        bytes.removeSubrange(count...)
        return bytes
    }

    /// Makes a new file of one image.
    /// - Precondition: As `encode`.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    public static func write(
        _ pixels: UnsafeRawBufferPointer, rows: Int, columns: Int, channels: Channels, to path: String
    ) throws(FormatError) {
        try write(encoded: try encode(pixels, rows: rows, columns: columns, channels: channels, file: path), to: path)
    }

    /// Makes a new file of bytes that `encode` or `AnimatedPNG` has given.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    public static func write(encoded bytes: [UInt8], to path: String) throws(FormatError) {
        try FileDescriptor(creating: path).write(bytes)
    }

    /// The rows and columns of an image, of which no more than the head is read.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat`, `truncated`.
    public static func size(_ path: String) throws(FormatError) -> (rows: Int, columns: Int) {
        _ = try FileDescriptor(opening: path)
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        defer { png_image_free(&image) }
        guard png_image_begin_read_from_file(&image, path) != 0 else { throw failure(image, path) }
        return (Int(image.height), Int(image.width))
    }

    /// Reads an image as `channels`; other kinds of PNG are converted by libpng, transparency over black.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat`, `truncated`, `tooLarge`.
    public static func read(_ path: String, as channels: Channels) throws(FormatError) -> PNGPixels {
        // Opened once by us for the system's reason where that fails: libpng tells none.
        _ = try FileDescriptor(opening: path)
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        defer { png_image_free(&image) }
        guard png_image_begin_read_from_file(&image, path) != 0 else { throw failure(image, path) }
        let rows = Int(image.height)
        let columns = Int(image.width)
        guard max(rows, columns) <= sidePixelsMax else {
            throw FormatError(
                .tooLarge, file: path, "has \(columns) x \(rows) pixels, more than \(sidePixelsMax) a side")
        }
        image.format = format(channels)
        var black = png_color()
        var bytes = [UInt8](repeating: 0, count: rows * columns * channels.rawValue)
        guard png_image_finish_read(&image, &black, &bytes, 0, nil) != 0 else { throw failure(image, path) }
        return PNGPixels(rows: rows, columns: columns, channels: channels, bytes: bytes)
    }

    private static func format(_ channels: Channels) -> UInt32 {
        channels == .grey ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
    }

    private static func failure(_ image: png_image, _ path: String) -> FormatError {
        let reason = message(image)
        // What libpng says where the data stop: "read beyond end of data", "Not enough image data", "Read Error".
        let isCutOff = ["beyond end", "not enough", "read error", "too short"].contains {
            reason.lowercased().contains($0)
        }
        return isCutOff
            ? FormatError(.truncated, file: path, "is cut off: \(reason)")
            : FormatError(.wrongFormat, file: path, "cannot be read as PNG: \(reason)")
    }

    private static func message(_ image: png_image) -> String {
        withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// The pixels of an image that was read.
public struct PNGPixels: Sendable, Hashable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// What the bytes of a pixel mean.
    public let channels: PNGFile.Channels
    /// The pixels, row by row from the top.
    public let bytes: [UInt8]
}
